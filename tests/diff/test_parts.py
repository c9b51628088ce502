"""Every part of a move, worked by hand; the parts add up to the move."""

from pathlib import Path

import pytest

from flows.diff import diff_runs
from schemas.errors import UserError
from scorecards.diff import CAUSES, RunDiff
from tests.diff.office import INDICATORS, RELATIVE, Office


@pytest.fixture(scope="module")
def scored_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """U1 = 40+18+10 = 68, U2 = 35+21+0 = 56, U3 = 20+15+20 = 55, scored."""
    folder = tmp_path_factory.mktemp("first")
    office = Office(folder)
    office.report("U1", A=80, B=60)
    office.report("U2", A=70, B=70)
    office.report("U3", A=40, B=50)
    office.item("i1", "U1", 5)
    office.item("i3", "U3", 10)
    return folder, office.run()


@pytest.fixture
def first_quarter(scored_once: tuple[Path, str], tmp_path: Path) -> tuple[Office, str]:
    """A copy of that office, and its run."""
    return Office.copied(scored_once[0], tmp_path / "copy"), scored_once[1]


def points(diff: RunDiff) -> dict[str, dict[str, float]]:
    """Return unit → cause → points, without those of 0."""
    return {m.unit_code: {p.cause: p.points for p in m.parts if abs(p.points) > 1e-12} for m in diff.moves}


def places(diff: RunDiff, unit: str) -> dict[str, tuple[float | None, float | None]]:
    """Return cause → places by the unit's own inputs and by others', where it moved."""
    parts = next(m.parts for m in diff.moves if m.unit_code == unit)
    return {p.cause: (p.rank_own, p.rank_others) for p in parts if p.rank_move or p.rank_own}


def check_sums(diff: RunDiff) -> None:
    for move in diff.moves:
        assert [p.cause for p in move.parts] == list(CAUSES)
        assert sum(p.points for p in move.parts) == pytest.approx(move.points, abs=1e-9)
        for part in move.parts:
            if part.own is not None and part.others is not None:
                assert part.own + part.others == pytest.approx(part.points, abs=1e-9)
        if move.old.rank is not None and move.new.rank is not None:
            assert sum(p.rank_move or 0 for p in move.parts) == move.new.rank - move.old.rank
    for cause in CAUSES:
        for move in diff.moves:
            part = next(p for p in move.parts if p.cause == cause)
            assert part.others in (None, 0.0) or part.own is not None


def compared(office: Office, a: str, b: str) -> RunDiff:
    diff = diff_runs(office.settings, a, b)
    check_sums(diff)
    return diff


def test_one_corrected_cell(first_quarter: tuple[Office, str]) -> None:
    office, a = first_quarter
    office.report("U3", A=50, B=50)  # 40 -> 50 at weight 50: +5
    diff = compared(office, a, office.run())
    assert points(diff) == {"U3": {"data": pytest.approx(5)}, "U2": {}}
    assert places(diff, "U3") == {"data": (-1, 0)}
    assert places(diff, "U2") == {"data": (0, 1)}  # U2 did nothing; U3 overtook it
    assert [c.zh for c in diff.changes] == ["A 甲 2023Q1:40 → 50"]
    assert diff.notes == ()


def test_a_changed_weight(first_quarter: tuple[Office, str]) -> None:
    office, a = first_quarter
    office.write(indicators=INDICATORS.replace("weight: 50", "weight: 40").replace("weight: 30", "weight: 40"))
    diff = compared(office, a, office.run())
    # U1 32+24+10 = 66, U2 28+28 = 56 as before, U3 16+20+20 = 56: level with U2.
    assert points(diff) == {"U1": {"plan": pytest.approx(-2)}, "U3": {"plan": pytest.approx(1)}}
    assert [c.unit_code for c in diff.changes] == [None, None]


def test_a_verdict_an_item_an_adjustment(first_quarter: tuple[Office, str]) -> None:
    office, a = first_quarter
    office.verdict("U1", "B", 40)  # -20 at 30 %: -6
    office.item("i2", "U2", 2)  # 20 at 20 %: +4
    office.item("i1", "U1", 4)  # 50 -> 40 at 20 %: -2
    office.adjustment("d1", "U1", "deduction", 1.5)
    diff = compared(office, a, office.run())
    assert points(diff) == {
        "U1": {"verification": pytest.approx(-6), "items": pytest.approx(-2), "adjustments": pytest.approx(-1.5)},
        "U2": {"items": pytest.approx(4)},
    }
    # U1 68 -> 62 -> 60 -> 58.5, U2 56 -> 60. With the items both have 60: U2 is first too, but not by itself.
    assert places(diff, "U1") == {"adjustments": (1, 0)}
    assert places(diff, "U2") == {"items": (0, -1)}


def test_everything_at_once_in_the_fixed_order(first_quarter: tuple[Office, str]) -> None:
    office, a = first_quarter
    office.units(["U1", "U2", "U3", "U4"])
    office.write(indicators=INDICATORS.replace("weight: 50", "weight: 40").replace("weight: 30", "weight: 40"))
    office.report("U3", A=50, B=50)
    office.report("U4", A=90, B=90)
    office.verdict("U1", "B", 40)
    office.item("i2", "U2", 2)
    office.adjustment("b3", "U3", "bonus", 3)
    diff = compared(office, a, office.run())
    # With the new weights 40/40/20: U1 66, then 40 % of -20; U3 56, then 40 % of +10, then the bonus.
    assert points(diff) == {
        "U4": {"data": pytest.approx(72)},  # no data yet when it enters: 0; then 36+36
        "U1": {"plan": pytest.approx(-2), "verification": pytest.approx(-8)},
        "U3": {"plan": pytest.approx(1), "data": pytest.approx(4), "adjustments": pytest.approx(3)},
        "U2": {"items": pytest.approx(4)},
    }
    by_unit = {m.unit_code: m for m in diff.moves}
    assert by_unit["U4"].old.total is None and by_unit["U4"].new.total == 72
    # U1: 1 of 66; U4's 72 passes it (others); its verdict lets U3 pass (own); U2's item lets U2 pass (others).
    assert places(diff, "U1") == {"data": (0, 1), "verification": (1, 0), "items": (0, 1)}
    # U3: level with U2 under the new weights; then U4 comes before it, and U1 falls behind it.
    assert places(diff, "U3") == {"plan": (-1, 0), "data": (0, 1), "verification": (0, -1)}
    # The one 优 of the class goes from U1 to U4 with the data.
    assert next(p.grades for p in by_unit["U1"].parts if p.cause == "data") == ("优", "良")


def test_others_values_under_a_relative_method(tmp_path: Path) -> None:
    office = Office(tmp_path, RELATIVE)
    office.report("U1", A=10)
    office.report("U2", A=20)
    office.report("U3", A=30)
    a = office.run()  # least 10, greatest 30: 0, 50, 100
    office.report("U2", A=40)
    office.report("U3", A=50)
    diff = compared(office, a, office.run())  # least 10, greatest 50: 0, 75, 100
    (move,) = diff.moves
    part = next(p for p in move.parts if p.cause == "data")
    # U2 with 40 while U3 still has 30 would be the best: 100. So +50 by itself, -25 because U3 grew to 50.
    assert (move.unit_code, part.points, part.own, part.others) == ("U2", 25, 50, -25)


def test_one_unit_moves_another_under_a_relative_method(tmp_path: Path) -> None:
    office = Office(tmp_path, RELATIVE)
    for unit, value in (("U1", 10), ("U2", 20), ("U3", 30)):
        office.report(unit, A=value)
    a = office.run()
    office.report("U3", A=50)
    diff = compared(office, a, office.run())
    (move,) = diff.moves  # U3 stays at 100; U2 falls from 50 to 25 through U3 alone
    part = next(p for p in move.parts if p.cause == "data")
    assert (move.unit_code, part.own, part.others) == ("U2", 0, -25)


def test_a_target_of_one_unit_is_its_own(tmp_path: Path) -> None:
    attainment = "- {code: A, parent: ROOT, title: 甲, method: {kind: attainment, target: annual, cap: 200}}\n"
    head = "indicator_code,name,value,unit_code\n"
    office = Office(tmp_path, attainment)
    office.write(indicators=attainment, targets=head + "A,target,100,\n")
    for unit, value in (("U1", 60), ("U2", 50), ("U3", 40)):
        office.report(unit, A=value)
    a = office.run()
    office.write(indicators=attainment, targets=head + "A,target,100,\nA,target,50,U3\n")
    diff = compared(office, a, office.run())  # U3: 40 of 50 = 80, from third to first
    assert points(diff)["U3"] == {"plan": pytest.approx(40)}
    assert places(diff, "U3") == {"plan": (-2, 0)}
    assert places(diff, "U1") == {"plan": (0, 1)}


def test_a_unit_and_an_indicator_go(first_quarter: tuple[Office, str]) -> None:
    office, a = first_quarter
    office.units(["U1", "U2 2022-12-31", "U3"])
    only = "- {code: A, parent: ROOT, title: 甲, method: {kind: goalposts, worst: 0, best: 100}}\n"
    office.write(indicators=only)
    for unit, value in (("U1", 80), ("U2", 70), ("U3", 45)):
        office.report(unit, A=value)
    diff = compared(office, a, office.run())
    assert points(diff) == {
        "U2": {"units": pytest.approx(-56)},
        "U3": {"plan": pytest.approx(-15), "data": pytest.approx(5)},  # only A counts: 40, then 45
        "U1": {"plan": pytest.approx(12)},
    }


def test_runs_made_by_older_rules(first_quarter: tuple[Office, str]) -> None:
    """A recorded result that today's rules do not give: the rest is the rules' part."""
    office, b = first_quarter
    from unittest.mock import patch

    import scoring.adjust

    def generous(plan, rows, adjustments, unreported):  # type: ignore[no-untyped-def]
        done = scoring.adjust.adjusted(plan, rows, adjustments, unreported)
        return done.with_columns(total=done["total"] + 1)

    with patch("scoring.standing.adjusted", generous):
        a = office.run(rules_hash="0" * 64)
    diff = compared(office, a, b)
    assert points(diff) == {u: {"rules": pytest.approx(-1)} for u in ("U1", "U2", "U3")}
    assert len(diff.notes) == 1 and "旧程序" in diff.notes[0][0]


def test_a_run_with_itself(first_quarter: tuple[Office, str]) -> None:
    office, a = first_quarter
    diff = compared(office, a, a[:6])
    assert diff.moves == () and diff.changes == ()


def test_what_was_stored_later_is_not_an_input(first_quarter: tuple[Office, str]) -> None:
    """The older run is recalled as of its own moment, however much came since."""
    office, a = first_quarter
    office.report("U3", A=50, B=50)
    b = office.run()
    office.report("U3", A=90, B=90)
    office.item("i1", "U1", 1)
    office.run()
    assert points(compared(office, a, b)) == {"U3": {"data": pytest.approx(5)}, "U2": {}}
    assert points(compared(office, b, a))["U3"] == {"data": pytest.approx(-5)}


def test_wrong_runs_are_told(first_quarter: tuple[Office, str]) -> None:
    office, a = first_quarter
    with pytest.raises(UserError, match="There is no run 'zz'"):
        diff_runs(office.settings, a, "zz")
    from schemas.periods import parse_period

    second = office.run(parse_period("2023Q2"))
    with pytest.raises(UserError, match="two runs of one period"):
        diff_runs(office.settings, a, second)
