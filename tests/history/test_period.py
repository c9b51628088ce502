"""The life of a period, step by step; nothing but a table decides what may follow what."""

from pathlib import Path

import pytest

from flows.cli import main
from flows.period import STATES, STEPS, after_scoring, approve, step_in, take_step
from flows.settings import Settings
from schemas.errors import UserError
from schemas.periods import parse_period
from schemas.tables import PERIOD_STATES
from tests.history.played import JZ, Office
from tests.warehouse.test_runs import score
from warehouse import (
    approved_run,
    events,
    open_warehouse,
    period_history,
    period_state,
    read_warehouse,
    set_period_state,
)

Q1 = parse_period("2023Q1")
LIFE = """
    state     | close  | score     | review    | approve  | publish   | reopen
    open      | closed |           |           |          |           | same
    closed    | same   | scored    |           |          |           | open
    scored    |        | same      | in_review |          |           | reopened
    in_review |        | same      | same      | approved |           | reopened
    approved  |        | in_review |           | same     | published | reopened
    published |        |           |           |          | same      | reopened
    reopened  |        | scored    |           |          |           | same
"""


@pytest.fixture
def scored(office: Office) -> Office:
    """A period with a run, in the warehouse alone."""
    with open_warehouse(office.on("2023-04-20").settings.warehouse) as warehouse:
        score(warehouse)
    return office


def force(settings: Settings, state: str) -> None:
    with open_warehouse(settings.warehouse) as warehouse:
        set_period_state(warehouse, "2023Q1", state, "test")


def now_is(settings: Settings) -> str:
    with read_warehouse(settings.warehouse) as warehouse:
        return period_state(warehouse, "2023Q1")


def test_the_table_knows_every_state() -> None:
    assert set(STATES) == set(PERIOD_STATES)
    assert {s for step in STEPS.values() for s in (*step.leads, *step.leads.values())} == set(PERIOD_STATES)


def test_each_step_leads_where_the_table_says_and_nowhere_else(scored: Office) -> None:
    heads, *rows = [[c.strip() for c in line.split("|")] for line in LIFE.strip().splitlines()]
    with open_warehouse(scored.settings.warehouse) as warehouse:
        for state, *cells in rows:
            for step, wanted in zip(heads[1:], cells, strict=True):
                set_period_state(warehouse, "2023Q1", state, "test")
                if not wanted:
                    with pytest.raises(UserError, match=STATES[state][0]):
                        step_in(warehouse, Q1, step, actor="test", reason="x")
                else:
                    assert step_in(warehouse, Q1, step, actor="test", reason="x") == (wanted != "same"), (state, step)
                after = state if wanted in ("", "same") else wanted
                assert period_state(warehouse, "2023Q1") == after, (state, step)


def test_a_step_is_taken_once_and_refused_where_it_does_not_start(scored: Office) -> None:
    assert take_step(scored.settings, Q1, "close")
    assert not take_step(scored.settings, Q1, "close")
    with pytest.raises(UserError, match="已截止"):
        take_step(scored.settings, Q1, "review")
    assert now_is(scored.settings) == "closed"


@pytest.mark.parametrize(
    ("state", "new", "after"),
    [("open", True, "open"), ("closed", True, "scored"), ("closed", False, "scored"), ("in_review", True, "in_review"),
     ("approved", False, "approved"), ("approved", True, "in_review"), ("published", True, "published"),
     ("reopened", False, "scored")],
)  # fmt: skip
def test_scoring_moves_a_period(scored: Office, state: str, new: bool, after: str) -> None:
    force(scored.settings, state)
    with open_warehouse(scored.settings.warehouse) as warehouse:
        after_scoring(warehouse, Q1, "run", new=new, actor="office")
    assert now_is(scored.settings) == after


def test_whose_step_it_was_and_which_run_is_in_the_event(scored: Office) -> None:
    force(scored.settings, "in_review")
    approve(scored.settings, scored.plan, Q1, reason="会议审定", decide="不等")
    with read_warehouse(scored.settings.warehouse) as warehouse:
        run_id = approved_run(warehouse, "2023Q1")
        last = events(warehouse).row(-1, named=True)
        why = period_history(warehouse, "2023Q1")["reason"][-1]
    assert run_id and f'"run_id":"{run_id}"' in last["detail_json"] and '"role":"leadership"' in last["detail_json"]
    assert why == "会议审定; 经决定继续:不等(公示期到 2023-04-30)"


def test_reopening_wants_a_reason(scored: Office) -> None:
    with pytest.raises(UserError, match="--reason") as refused:
        take_step(scored.settings, Q1, "reopen")
    assert refused.value.exit_code == 2


def test_approval_waits_for_the_notice_period_and_for_appeals(scored: Office) -> None:
    settings, plan = scored.settings, scored.plan
    with pytest.raises(UserError, match="结果尚未公示"):
        scored.appeal("2023Q1", JZ, "S2", "少计")
    force(settings, "in_review")  # on 20 April: ten days to appeal
    with pytest.raises(UserError, match="没有单位"):
        scored.appeal("2023Q1", "HB-XX", "S2", "少计")
    with pytest.raises(UserError, match="没有节点"):
        scored.appeal("2023Q1", JZ, "S9", "少计")
    name = scored.on("2023-04-30").appeal("2023Q1", JZ, "S2", "少计")
    with pytest.raises(UserError, match=f"公示期到 2023-04-30 为止;申诉未答复:{name}"):
        approve(settings, plan, Q1)
    with pytest.raises(UserError, match=f"还不能继续:申诉未答复:{name}"):
        approve(scored.on("2023-05-01").settings, plan, Q1)
    with pytest.raises(UserError, match="申诉期已于 2023-04-30 结束"):
        scored.appeal("2023Q1", JZ, "S1", "又少计")
    assert scored.answer(name, "rejected", "材料不足")
    assert not scored.answer(name, "rejected", "材料不足")
    assert approve(settings, plan, Q1)
    assert not approve(settings, plan, Q1)


def test_the_commands_say_where_a_period_stands(
    scored: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAOHE_HOME", str(scored.settings.home))
    monkeypatch.setenv("KAOHE_PLAN", str(scored.settings.plan_folder))
    for words, code, zh in (
        ("period show 2023Q1", 0, "可以:截止收表(考核办) kaohe period close 2023Q1"),
        ("period close 2023Q1", 0, "2023Q1:已截止。"),
        ("period close 2023Q1", 0, "此前已截止收表"),
        ("period review 2023Q1", 1, "现在可以:计分(kaohe assess 2023Q1)"),
        ("period publish 2023Q1", 1, "不能公布"),
        ("period reopen 2023Q1 --reason 补报", 0, "收表中"),
        ("appeal list", 0, "没有申诉"),
        ("admit HB-WH/2023Q1/9 --reason x", 1, "没有报送"),
        ("--lang en period show 2023Q1", 0, "next: close (the assessment office)"),
        ("--lang en publish 2023Q1", 1, "not the time to publish. Possible now"),
    ):
        assert main(words.split()) == code, words
        said = capsys.readouterr()
        assert zh in said.out + said.err, words


def test_nothing_is_needed_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--home", str(tmp_path)]) == 1
    assert "还没有数据库" in capsys.readouterr().err
