"""A pocket calculator: the worked tables' numbers in exact fractions, typed in step by step.

It reads no plan and imports nothing of ours. ``python tests/byhand/calculate.py`` writes expected.csv and
expected_example.csv beside it; the steps in words stand in 2023Q1.md and example.md.
"""

import csv
from fractions import Fraction as F
from pathlib import Path

HERE = Path(__file__).parent
N_A = None  # not applicable: leaves the denominator
Rows = list[tuple[str, str, F, F | None]]  # unit, node, score, effective weight in per cent
Totals = list[tuple[str, F, str, str]]  # unit, base, total, grade


def mean(*scores: F | None) -> F:
    """Return the mean of what is applicable, as a node shows it: between 0 and 100."""
    known = [s for s in scores if s is not N_A]
    return min(F(100), max(F(0), sum(known, F(0)) / len(known)))


def wuhan() -> tuple[Rows, Totals]:
    s = {
        "T01-2": F(100) * 55 / (100 * F(1, 2)),                # 110
        "T03-2": F(100) * (F(18, 25) * 100) / 80,              # 72 % of 80 %: 90
        "T07-3": F(100) * 40 / 40,                             # 100
        "T08-2": F(0),                                         # not reported
        "T09-1": F(100) * (F(96, 120) * 100) / 100,            # 80
        "T10-1": F(100) * 22 / 20,                             # 110
        "T10-2": F(100) * 2 / 3,                               # 66.667
        "T10-3": F(100) * 45 / (200 * F(1, 4)),                # 90
        "T13-3": F(100) * (F(54 - 50, 50) * 100) / 10,         # +8 % of +10 %: 80
        "T16-1": F(100) * (F(9, 12) * 100) / 80,               # 93.75
        "T19-2": min(F(120), F(100) * 190 / 150),              # 126.667, cap 120
        "T21-2": F(100) * 1 / 2,                               # 50
        "T24-1": F(100) * 8 / 10,                              # 80
        "T29-2": F(100) * 3 / 5,                               # 60; T27-2 is not applicable
        "X-1": F(100) - 2 * 10,                                # 80
        "X-2": F(100) * (2 * 5) / 20,                          # 50
        "X-3": F(100) * (10 + 5) / 20,                         # 75
        "X-4": F(100) * (F(3, 4) * 100) / 100,                 # 75
        "X-5": F(100) - 10,                                    # 90
    }  # fmt: skip
    n = {c: mean(s[f"{c}-{i}"]) for c, i in (("T01", 2), ("T03", 2), ("T07", 3), ("T08", 2), ("T09", 1), ("T13", 3),
                                              ("T16", 1), ("T19", 2), ("T21", 2), ("T24", 1), ("T29", 2))}  # fmt: skip
    n["T10"] = mean(s["T10-1"], s["T10-2"], s["T10-3"])
    n["S1"] = mean(n["T01"], n["T03"])
    n["S2"] = mean(n["T07"], n["T08"], n["T09"], n["T10"])
    n["S3"] = n["T13"]
    n["S4"] = mean(n["T16"], n["T19"])
    n["S5"] = n["T21"]
    n["S6"] = n["T24"]
    n["S7"] = mean(N_A, n["T29"])
    n["S8"] = (30 * s["X-1"] + 15 * s["X-2"] + 15 * s["X-3"] + 15 * s["X-4"] + 15 * s["X-5"]) / 90
    base = (15 * n["S1"] + 15 * n["S2"] + 10 * n["S3"] + 20 * n["S4"] + 10 * n["S5"] + 10 * n["S6"] + 10 * n["S7"]
            + 10 * n["S8"]) / 100  # fmt: skip
    weights = {
        "S1": F(15), "S2": F(15), "S3": F(10), "S4": F(20), "S5": F(10), "S6": F(10), "S7": F(10), "S8": F(10),
        "T01-2": F(15, 2), "T03-2": F(15, 2), "T07-3": F(15, 4), "T08-2": F(15, 4), "T09-1": F(15, 4),
        "T10-1": F(15, 12), "T10-2": F(15, 12), "T10-3": F(15, 12), "T13-3": F(10), "T16-1": F(10), "T19-2": F(10),
        "T21-2": F(10), "T24-1": F(10), "T29-2": F(10), "X-1": F(300, 90), "X-2": F(150, 90), "X-3": F(150, 90),
        "X-4": F(150, 90), "X-5": F(150, 90),
    }  # fmt: skip
    total = base + 2 - F(3, 2)  # the bonus without a document does not count
    return rows("HB-WH", s, n, base, weights), [("HB-WH", base, two_places(total), "C")]


def society() -> tuple[Rows, Totals]:
    s = {
        "T01-2": F(0),                                         # nil return of a flow: the number 0
        "T03-2": F(100) * (F(7, 10) * 100) / 80,               # 87.5; T08-2: nil coverage is not applicable
        "T09-1": F(100) * (F(33, 40) * 100) / 100,             # 82.5
        "T10-2": F(100) * 1 / 1,                               # 100
        "T14-1": F(100) * 1 / 1,                               # 100
        "T14-2": F(100) * 430 / 500,                           # 86
        "T19-2": F(100) * 21 / 30,                             # 70
        "T21-2": min(F(120), F(100) * 2 / 1),                  # 200, cap 120
        "T23-2": min(F(120), F(100) * (3 - 1) / 1),            # +2 of +1: 200, cap 120
        "T24-1": F(0),                                         # nil is refused for a stock: as not reported
        "T25-1": F(100) * 1 / 2,                               # 50
        "T26-2": F(100) * 1 / 2,                               # 50
        "T27-2": F(100) * (F(12, 20) * 100) / 80,              # 75
        "T29-2": F(0),                                         # not reported
        "X-1": F(100),
        "X-2": min(F(100), F(100) * (5 * 5) / 20),             # 125, cap 100
        "X-3": F(0),                                           # the one item was withdrawn
        "X-5": F(100),                                         # no findings, not applicable
    }  # fmt: skip
    n = {c: mean(s[f"{c}-{i}"]) for c, i in (("T01", 2), ("T03", 2), ("T09", 1), ("T10", 2), ("T19", 2), ("T21", 2),
                                              ("T23", 2), ("T24", 1), ("T25", 1), ("T26", 2), ("T27", 2),
                                              ("T29", 2))}  # fmt: skip
    n["T14"] = mean(s["T14-1"], s["T14-2"])
    n["S1"] = mean(n["T01"], n["T03"])
    n["S2"] = mean(N_A, n["T09"], n["T10"])
    n["S3"] = n["T14"]
    n["S4"] = n["T19"]
    n["S5"] = n["T21"]
    n["S6"] = mean(n["T23"], n["T24"], n["T25"])
    n["S7"] = mean(n["T26"], n["T27"], n["T29"])
    n["S8"] = (30 * s["X-1"] + 15 * s["X-2"] + 15 * s["X-3"] + 15 * s["X-5"]) / 75
    base = (15 * n["S1"] + 15 * n["S2"] + 20 * n["S3"] + 10 * n["S4"] + 10 * n["S5"] + 10 * n["S6"] + 10 * n["S7"]
            + 10 * n["S8"]) / 100  # fmt: skip
    weights = {
        "S1": F(15), "S2": F(15), "S3": F(20), "S4": F(10), "S5": F(10), "S6": F(10), "S7": F(10), "S8": F(10),
        "T01-2": F(15, 2), "T03-2": F(15, 2), "T09-1": F(15, 2), "T10-2": F(15, 2), "T14-1": F(10), "T14-2": F(10),
        "T19-2": F(10), "T21-2": F(10), "T23-2": F(10, 3), "T24-1": F(10, 3), "T25-1": F(10, 3), "T26-2": F(10, 3),
        "T27-2": F(10, 3), "T29-2": F(10, 3), "X-1": F(300, 75), "X-2": F(150, 75), "X-3": F(150, 75),
        "X-5": F(150, 75),
    }  # fmt: skip
    total = base + min(5, 4 + 3)
    return rows("HB-XH-005", s, n, base, weights), [("HB-XH-005", base, two_places(total), "C")]


def department() -> tuple[Rows, Totals]:
    s = {
        "T07-3": F(100) * 0 / 40,                              # 0
        "T08-2": F(100) * (F(900, 1000) * 100) / 90,           # 100
        "T09-1": F(100) * (F(57, 60) * 100) / 100,             # 95
        "T10-1": F(100) * 240 / 300,                           # 80
        "T10-2": F(0),                                         # not reported
        "T10-3": F(100) * 180 / (600 * F(1, 4)),               # 120
        "T28-1": min(F(100), F(100) * (30 + 30) / 30),         # ahead of schedule: 200, cap 100
        "T29-2": F(100) * 4 / 5,                               # 80
        "X-1": max(F(0), F(100) - 12 * 10),                    # -20, floor 0
        "X-2": F(100) * 15 / 20,                               # 75
        "X-3": F(100) * (2 * 5) / 20,                          # 50
        "X-4": F(100) * (F(5, 6) * 100) / 100,                 # 83.333
        "X-5": F(100) - 30 - 2 * 10,                           # 50
    }  # fmt: skip
    n = {c: mean(s[f"{c}-{i}"]) for c, i in (("T07", 3), ("T08", 2), ("T09", 1), ("T28", 1), ("T29", 2))}
    n["T10"] = mean(s["T10-1"], s["T10-2"], s["T10-3"])
    n["S2"] = mean(n["T07"], n["T08"], n["T09"], n["T10"])
    n["S7"] = mean(n["T28"], n["T29"])
    n["S8"] = (30 * s["X-1"] + 15 * s["X-2"] + 15 * s["X-3"] + 15 * s["X-4"] + 15 * s["X-5"]) / 90
    base = (15 * n["S2"] + 10 * n["S7"] + 10 * n["S8"]) / 35
    s2, ten = F(1500, 35), F(1000, 35)
    weights = {
        "S2": s2, "S7": ten, "S8": ten, "T07-3": s2 / 4, "T08-2": s2 / 4, "T09-1": s2 / 4, "T10-1": s2 / 12,
        "T10-2": s2 / 12, "T10-3": s2 / 12, "T28-1": ten / 2, "T29-2": ten / 2, "X-1": ten * 30 / 90,
        "X-2": ten * 15 / 90, "X-3": ten * 15 / 90, "X-4": ten * 15 / 90, "X-5": ten * 15 / 90,
    }  # fmt: skip
    return rows("HB-BM-02", s, n, base, weights), [("HB-BM-02", base, two_places(base - 3), "C")]


def example() -> tuple[Rows, Totals]:
    s = {
        "T07-1": F(100) * 22 / (80 * F(1, 4)),                 # 110
        "T09-1": F(100) * (F(180, 200) * 100) / 100,           # 90
        "T18-1": F(100) * 2 / 6,                               # 33.333
        "T22-1": F(100) * (4 * 3) / 60,                        # 20
        "T99-1": F(100) * (0 - 20) / (0 - 20),                 # nil: 0 complaints, 100
    }  # fmt: skip
    n = {
        "S1": min(F(100), F(7, 10) * s["T07-1"] + F(3, 10) * s["T09-1"]),
        "S2": F(4, 10) * s["T18-1"] + F(3, 10) * s["T22-1"] + F(3, 10) * s["T99-1"],
    }
    base = F(6, 10) * n["S1"] + F(4, 10) * n["S2"]
    weights = {"S1": F(60), "S2": F(40), "T07-1": F(42), "T09-1": F(18), "T18-1": F(16), "T22-1": F(12), "T99-1": F(12)}
    silent = {"T07-1": F(0), "T09-1": F(0)}  # S2 is missing: nothing of it was reported, below its minimum coverage
    alone = {"S1": F(100), "T07-1": F(70), "T09-1": F(30)}
    jz = max(F(0), F(0) - 10)  # 10 points for not reporting, stopped by the floor 0
    return (
        rows("HB-WH", s, n, base, weights) + rows("HB-JZ", silent, {"S1": F(0)}, F(0), alone),
        [("HB-WH", base, two_places(base), "C"), ("HB-JZ", F(0), two_places(jz), "D")],
    )


def rows(unit: str, scores: dict[str, F], nodes: dict[str, F], base: F, weights: dict[str, F]) -> Rows:
    both = {**scores, **nodes, "ROOT": base}
    return [(unit, code, score, F(100) if code == "ROOT" else weights.get(code)) for code, score in both.items()]


def two_places(total: F) -> str:
    """Round half up to two places."""
    hundredths = int(total * 100 + F(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def write(name: str, results: list[tuple[Rows, Totals]]) -> None:
    with (HERE / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["unit_code", "node_code", "score", "effective_weight_pct", "total", "grade"])
        for scores, totals in results:
            by_unit = {unit: (total, grade) for unit, _, total, grade in totals}
            for unit, code, score, weight in scores:
                end = by_unit[unit] if code == "ROOT" else ("", "")
                table.writerow([unit, code, score, "" if weight is None else weight, *end])


if __name__ == "__main__":
    write("expected", [wuhan(), society(), department()])
    write("expected_example", [example()])
