"""The flows on a Prefect server: from inbox to documents, with artifacts; a user's mistake fails the run once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import load_plan


@pytest.fixture
def served(prefect_server: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The flows take their settings from the environment."""
    monkeypatch.setenv("KAOHE_HOME", str(settings.home))
    monkeypatch.setenv("KAOHE_PLAN", str(settings.plan_folder))
    monkeypatch.setenv("KAOHE_ACTOR", "office")
    return settings


def artifacts() -> dict[str, str]:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        data = {str(a.key): a.data for a in client.read_artifacts()}
    texts = {k: json.loads(v) if str(v).startswith("[{") else v for k, v in data.items()}  # a table is JSON
    return {k: str(v) for k, v in texts.items()}


def test_a_quarter_runs_from_inbox_to_documents(served: Settings, inbox: Path) -> None:
    from flows.flows import quarter, rerun

    taken, scored, written = quarter("2023Q1", "test", received="modified")
    assert sum(taken.counts.values()) == 3 and scored.new
    assert written.folder == served.output / "2023Q1" / scored.run_id and written.places["manifest"].is_file()
    left = artifacts()
    assert set(left) == {"problems-2023q1", "ranking-2023q1", "documents-2023q1"}
    assert "武汉市科协" in left["ranking-2023q1"] and "000-0000000" not in "".join(left.values())
    taken, again, _ = rerun("2023Q1", "again")
    assert taken.counts == {"unchanged": 3} and (again.run_id, again.new) == (scored.run_id, False)


def test_the_steps_run_by_themselves(served: Settings, inbox: Path) -> None:
    from flows.flows import assess, export, ingest

    assert sum(ingest("2023Q1", received="modified").counts.values()) == 3
    scored = assess("2023Q1")
    assert export("2023Q1", scored.run_id).files > 5


def test_reminders_are_written_and_shown(served: Settings, inbox: Path) -> None:
    from flows.flows import remind

    text, book = remind("2023Q1")
    assert text.parent == book.parent == served.home / "reminders" / "2023Q1"
    assert "未报送" in text.read_text(encoding="utf-8") and "未报送" in artifacts()["reminders-2023q1"]


def test_a_mistake_fails_the_run_without_retries(served: Settings) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterState, TaskRunFilterStateType
    from prefect.client.schemas.objects import StateType

    from flows.flows import quarter, rerun

    with pytest.raises(UserError, match="kaohe ingest"):
        quarter("2023Q1", "nothing there")
    with pytest.raises(UserError, match="2031Q1"):
        quarter("2031Q1")
    with pytest.raises(UserError, match="原因"):
        rerun("2023Q1", " ")
    failed = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=[StateType.FAILED])))
    with get_client(sync_client=True) as client:
        assert [t.run_count for t in client.read_task_runs(task_run_filter=failed)] == [1]


def test_without_a_period_it_is_the_one_that_ended_before_the_scheduled_time(served: Settings) -> None:
    """Run now, years after the plan, it names the period that it would be about."""
    from flows.flows import quarter

    with pytest.raises(UserError, match="考核方案只有 2023Q1"):
        quarter()


@pytest.mark.slow
def test_the_command_needs_no_server(settings: Settings, inbox: Path, root: Path) -> None:
    """`kaohe quarter` in a process of its own: Prefect starts, works and ends by itself, unheard."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")} | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "flows.cli", "quarter", "2023Q1", "--received", "modified"]
    command += ["--home", str(settings.home), "--plan", str(settings.plan_folder)]
    done = subprocess.run(command, env=environment, cwd=settings.home, capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and "已计分 3 个单位" in done.stdout
    assert not [line for line in done.stderr.splitlines() if "2023Q1" not in line]  # progress alone
    assert (settings.home / "prefect-local").is_dir()


@pytest.mark.soak
def test_a_failed_gate_ends_the_command_with_a_sentence(settings: Settings, inbox: Path, root: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")} | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "flows.cli", "quarter", "2023Q1", "--received", "modified"]
    command += ["--as-of", "2020-01-01", "--home", str(settings.home), "--plan", str(settings.plan_folder)]
    code = subprocess.run(command, env=environment, cwd=settings.home, capture_output=True, encoding="utf-8")
    assert code.returncode == 1 and "completeness" in code.stderr and "Traceback" not in code.stderr


def test_the_demonstration_does_not_mix_with_real_data(settings: Settings, inbox: Path) -> None:
    from flows.commands.demo import _refuse_real_data
    from flows.ingest import ingest_batch

    _refuse_real_data(settings)  # nothing there yet
    _refuse_real_data(settings)  # a demonstration may be repeated
    (settings.home / "demo.txt").unlink()
    ingest_batch(settings, load_plan(settings.plan_folder), [inbox], received_at="modified")
    with pytest.raises(UserError, match="--home"):
        _refuse_real_data(settings)
