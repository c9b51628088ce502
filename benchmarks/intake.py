"""Take in 3,000 workbooks of 60 rows, end to end into the warehouse, beside only reading them.

The baseline is the fastest reader in the lock, python-calamine, which opens every workbook and turns every sheet into
Python lists; it guards against nothing, understands nothing and keeps nothing. It runs in one process, and in as many
as Kaohe parses with. Kaohe archives (flushed to disk), guards, reads, checks, decides, stores and answers the faulty.
The workbooks are made by the real template code; in a hundred, five need a repair and one is wrong. Everything runs in
a process of its own, so that peak memory is its own; imports and loading the plan are not timed.

    python benchmarks/intake.py [--files 3000] [--repeats 3] [--growth] [--broken] [--data DIR]
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _apart import measured_apart, run_apart

ROOT = Path(__file__).resolve().parent.parent
PERIOD, CLASSES = "2023Q1", 5
NUMBERS, RATIOS, FLAGS, ITEMS = 38, 8, 6, ("甲", "乙", "丙", "丁")
PROCESSES = 2


def make_plan(folder: Path, units: int) -> None:
    """Write a plan whose form has 60 rows: 38 numbers, 8 ratios, 6 yes or no, a checklist and points of four each."""
    folder.mkdir(parents=True)
    classes = ", ".join(f"c{n}: 类别{n}" for n in range(CLASSES))
    (folder / "plan.yaml").write_text(
        f"plan: bench\ntitle: 基准考核方案\nperiods: [2023Q1, 2023Q2, 2023Q3, 2023Q4]\nclasses: {{{classes}}}\n"
        "tree:\n  - {code: ROOT, title: 总分}\n  - {code: A, parent: ROOT, title: 服务科技工作者, weight: 100}\n"
        "grades:\n  - {code: A, title: 优秀, floor: 90}\n  - {code: B, title: 良好}\n",
        encoding="utf-8",
    )
    parts = f"[{', '.join(ITEMS)}]"
    kinds = [("场", "flow", "{kind: attainment, cap: 120}")] * NUMBERS
    kinds += [("'%'", "stock", "{kind: coverage, target: 100}")] * RATIOS
    kinds += [("是/否", "stage", "{kind: boolean}")] * FLAGS
    kinds += [("项", "stage", f"{{kind: checklist, items: {parts}}}")]
    kinds += [("分", "flow", f"{{kind: points, per_item: {{{': 2, '.join(ITEMS)}: 2}}, full_marks_at: 30}}")]
    (folder / "indicators.yaml").write_text(
        "".join(
            f"- {{code: T{n:02d}-1, parent: A, title: 第{n}项重点任务的工作指标, measure: {measure}, "
            f"accumulation: {kind}, method: {method}, evidence: {'required' if n % 3 == 0 else 'none'}}}\n"
            for n, (measure, kind, method) in enumerate(kinds, 1)
        ),
        encoding="utf-8",
    )
    names = [f"U{n:05d},第{n}号科学技术协会,c{n % CLASSES}\n" for n in range(units)]
    (folder / "units.csv").write_text("unit_code,name,class_code\n" + "".join(names), encoding="utf-8")
    targets = [f"T{n:02d}-1,,2023,target,{100 + n}\n" for n in range(1, NUMBERS + 1)]
    (folder / "targets.csv").write_text(
        "indicator_code,class_code,period,name,value\n" + "".join(targets), encoding="utf-8"
    )


def answers(rows: list[Any], unit: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Return one unit's answers: plausible, different from its neighbours'; a few odd ones."""
    filled: dict[tuple[str, str], dict[str, Any]] = {}
    for n, row in enumerate(rows):
        number = (unit * 31 + n * 17) % 40 + 1
        match row.kind:
            case "ratio":
                answer: dict[str, Any] = {"numerator": number, "denominator": 40 + n}
            case "yes_no":
                answer = {"value": (unit + n) % 2}
            case _:
                answer = {"value": number}
        if row.indicator.evidence == "required":
            answer["evidence"] = f"基准发〔2023〕{unit:05d}-{n}号"
        filled[row.key] = answer
    first, second, *_ = filled
    if unit % 100 == 50:
        filled[first]["value"] = "约50"
    elif unit % 20 == 5:
        filled[second]["value"] = "1,2" + f"{unit % 100:02d}"
    return filled


def make_data(folder: Path, units: int) -> None:
    """Write the plan and every unit's workbook: as ``kaohe template`` makes it, with its formulas, and filled in."""
    sys.path.insert(0, str(ROOT))
    from flows.settings import make_settings
    from flows.templates import forms_of
    from schemas.folder import load_plan
    from schemas.periods import parse_period

    make_plan(folder / "plan", units)
    plan = load_plan(folder / "plan")
    forms = forms_of(make_settings(folder / "home", folder / "plan", "zh", {}), plan, parse_period(PERIOD))
    inbox = folder / "inbox"
    inbox.mkdir()
    for n, unit in enumerate(sorted(forms.cells)):
        rows = forms.rows(unit)
        assert len(rows) == 60
        content = forms.workbook(unit, answers(rows, n), reporter="张三", responsible="李四", phone="000-0000000")
        (inbox / f"{unit}.xlsx").write_bytes(content)


def read_one(path: str) -> int:
    """Read one workbook by calamine, all sheets; return the number of rows."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(path) as book:
        return sum(len(book.get_sheet_by_name(n).to_python(skip_empty_area=False)) for n in book.sheet_names)


def only_read(paths: list[str], processes: int) -> dict[str, Any]:
    """Read all workbooks, as the baseline."""
    if processes == 1:
        return {"rows": sum(map(read_one, paths))}
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(processes) as pool:
        return {"rows": sum(pool.map(read_one, paths, chunksize=50))}


def ingest(folder: Path, home: Path, paths: list[str]) -> dict[str, Any]:
    """Take all workbooks in; return how many became what, and the seconds without imports."""
    from dataclasses import replace
    from datetime import UTC, datetime
    from importlib import import_module

    from flows.ingest import ingest_batch
    from flows.settings import make_settings
    from schemas.folder import load_plan
    from schemas.periods import parse_period

    for late in IMPORTED_LATE:
        import_module(late)
    plan = load_plan(folder / "plan")
    settings = replace(make_settings(home, folder / "plan", "zh", {}), actor="benchmark")
    received = datetime(2023, 4, 5, tzinfo=UTC)
    started = time.perf_counter()
    done = ingest_batch(settings, plan, [Path(p) for p in paths], parse_period(PERIOD), received_at=received)
    return {"seconds": time.perf_counter() - started, "counts": done.counts}


IMPORTED_LATE = (
    "pandera.backends.polars.builtin_checks", "xlsxwriter", "flows.estimates", "intake.answer", "intake.checks",
    "intake.decide", "intake.read", "scoring", "warehouse",
)  # fmt: skip


def broken_files(folder: Path) -> list[Path]:
    """Write files that a reader alone would die of or be busy with: a bomb, a far cell, a torn one, endless tags."""
    import io
    import zipfile

    def packed(sheet: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("xl/worksheets/sheet1.xml", sheet)
        return out.getvalue()

    good = next((folder / "inbox").iterdir()).read_bytes()
    contents = {
        "0-bomb.xlsx": packed(b"0" * 100_000_000),
        "0-endless.xlsx": packed(b"<c " * 800_000),
        "0-far.xlsx": packed(b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        "0-torn.xlsx": good[: len(good) // 2],
        "0-brackets.json": b"[" * 5_000_000,
    }
    place = folder / "broken"
    place.mkdir(exist_ok=True)
    for name, content in contents.items():
        (place / name).write_bytes(content)
    return [place / name for name in contents]


def child(name: str, folder: Path, files: int, broken: bool) -> None:
    """Run one contender once; print seconds and peak memory in MB, its own and its largest child's."""
    import resource

    sys.path.insert(0, str(ROOT))
    import python_calamine  # noqa: F401

    paths = sorted(map(str, (folder / "inbox").iterdir()))[:files]
    if broken:
        paths = [*map(str, broken_files(folder)), *paths]
    with tempfile.TemporaryDirectory(dir=folder) as home:
        runs: dict[str, Callable[[], dict[str, Any]]] = {
            READ_ONE: lambda: only_read(paths, 1),
            READ_SEVERAL: lambda: only_read(paths, PROCESSES),
            KAOHE: lambda: ingest(folder, Path(home), paths),
        }
        with LargestChild() as largest:
            started = time.perf_counter()
            result = runs[name]()
            seconds = time.perf_counter() - started
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(u.ru_utime + u.ru_stime for u in used)  # with imports
    peak = used[0].ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "child_peak": largest.peak_mb, **result}))


class LargestChild(threading.Thread):
    """Watches the peak memory of this process's children (Linux).

    ``ru_maxrss`` of a child will not do: it begins with what its parent held when it was started.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._peaks: dict[str, float] = {}
        self._done = threading.Event()

    def run(self) -> None:
        """Look every tenth of a second."""
        while not self._done.wait(0.1):
            for tasks in Path("/proc/self/task").glob("*/children"):
                for number in tasks.read_text().split():
                    # The newest look alone: between its fork and its exec a child shows its parent's peak.
                    self._peaks[number] = _peak_mb(Path("/proc", number, "status")) or self._peaks.get(number, 0.0)

    @property
    def peak_mb(self) -> float:
        """Return the greatest peak seen."""
        return max(self._peaks.values(), default=0.0)

    def __enter__(self) -> "LargestChild":
        """Begin to watch."""
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End the watch."""
        self._done.set()
        self.join()


def _peak_mb(status: Path) -> float:
    try:
        lines = status.read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


READ_ONE, READ_SEVERAL, KAOHE = "calamine, 1 process", f"calamine, {PROCESSES} processes", "Kaohe, end to end"


def measure(name: str, folder: Path, files: int, repeats: int, *, broken: bool = False) -> dict[str, Any]:
    """Return the median seconds, the greatest peaks in MB, and what the last run returned."""
    words = ["--child", name, "--data", folder, "--files", files, *(["--broken"] if broken else [])]
    taken = measured_apart(__file__, *words, repeats=repeats)
    peaks = {key: max(t[key] for t in taken) for key in ("peak", "child_peak")}
    medians = {key: statistics.median(t[key] for t in taken) for key in ("seconds", "cpu")}
    return {**taken[-1], **peaks, **medians}


def compare(folder: Path, files: int, repeats: int) -> None:
    """Print Kaohe beside the reader alone."""
    print(f"{files:,} workbooks × 60 rows, medians of {repeats}\n")
    print("| | seconds | ms a file | Kaohe ÷ this | CPU s | peak MB | largest child MB |")
    print("|---|---|---|---|---|---|---|")
    found = {name: measure(name, folder, files, repeats) for name in (READ_ONE, READ_SEVERAL, KAOHE)}
    for name, one in found.items():
        ratio = found[KAOHE]["seconds"] / one["seconds"]
        print(
            f"| {name} | {one['seconds']:.2f} | {one['seconds'] / files * 1000:.2f} | {ratio:.2f} | "
            f"{one['cpu']:.1f} | {one['peak']:.0f} | {one['child_peak']:.0f} |",
            flush=True,
        )
    print(f"\n{found[KAOHE]['counts']}")


def growth(folder: Path, files: int, repeats: int) -> None:
    """Show how time and memory grow with the number of files."""
    print("\n| files | seconds | ms a file | peak MB | largest child MB |\n|---|---|---|---|---|")
    for count in (files // 10, files // 3, files):
        one = measure(KAOHE, folder, count, repeats)
        per_file = one["seconds"] / count * 1000
        print(f"| {count:,} | {one['seconds']:.2f} | {per_file:.2f} | {one['peak']:.0f} | {one['child_peak']:.0f} |")


def beside_broken(folder: Path, files: int, repeats: int) -> None:
    """Show what five broken files cost the others."""
    print("\n| | seconds | became |\n|---|---|---|")
    for words, broken in (("without", False), ("with five broken files in front", True)):
        one = measure(KAOHE, folder, files, repeats, broken=broken)
        print(f"| {files} files, {words} | {one['seconds']:.2f} | {one['counts']} |", flush=True)


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=3_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--broken", action="store_true")
    parser.add_argument("--child")
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--data", type=Path)
    args = parser.parse_args()
    if args.make:
        make_data(args.data, args.files)
        return
    if args.child:
        child(args.child, args.data, args.files, args.broken)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.data or Path(temporary)
        if not (folder / "inbox").is_dir():
            run_apart(__file__, "--make", "--data", folder, "--files", args.files)
        compare(folder, args.files, args.repeats)
        if args.growth:
            growth(folder, args.files, args.repeats)
        if args.broken:
            beside_broken(folder, args.files // 10, args.repeats)


if __name__ == "__main__":
    main()
