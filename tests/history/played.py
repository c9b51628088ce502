"""A clock to be set by hand, and an office that plays a year with it."""

import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from flows.appeals import admit, answer, appeal, exclude
from flows.assess import assess_period
from flows.demo_data import write_submissions
from flows.ingest import ingest_batch
from flows.period import approve, take_step
from flows.publish import Published, publish_period
from flows.settings import Settings
from schemas.errors import UserError
from schemas.folder import Plan, load_plan
from schemas.periods import parse_period
from tests.flows.forms import change_value
from warehouse import add_adjustments, add_verifications, clock, open_warehouse

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "data" / "plans" / "example-2023"
WH, JZ, XH = "HB-WH", "HB-JZ", "HB-XH-001"
JZ_ROW = "HB-JZ,荆州市科协,Jingzhou,city,,,2023-01-01,,"


def utc(day: str) -> datetime:
    """Return noon of a day, or the moment written, as the warehouse keeps it."""
    return datetime.fromisoformat(day if "T" in day else f"{day}T12:00")


@dataclass
class Office:
    """An office at work: what it does happens on ``day``."""

    settings: Settings
    plan: Plan
    patch: pytest.MonkeyPatch
    folder: Path
    runs: dict[str, str] = field(default_factory=dict)
    published: dict[str, Published] = field(default_factory=dict)

    def on(self, day: str) -> "Office":
        """Set the clock; time only goes forward."""
        self.patch.setattr(clock, "wall_clock", lambda: utc(day))
        return self

    def fill(self, code: str) -> dict[str, Path]:
        """Return every unit's filled workbook of a period."""
        place = self.folder / code
        write_submissions(self.plan, parse_period(code), place)
        names = dict(self.plan.units.select("unit_code", "name").iter_rows())
        return {u: next(place.glob(f"*{names[u]}*")) for u in (WH, JZ, XH)}

    def receive(self, code: str, *paths: Path) -> list[str]:
        """Take files in, as they are now, and return their states."""
        inbox = self.folder / f"inbox-{clock.now():%m%d%H%M%S%f}"
        inbox.mkdir()
        copies = [Path(shutil.copy(path, inbox)) for path in paths]
        moment = clock.now().replace(tzinfo=UTC)
        done = ingest_batch(self.settings, self.plan, copies, parse_period(code), received_at=moment)
        assert not done.faulty, done.faulty
        return [o.state for o in done.outcomes]

    def correct(self, code: str, path: Path, by: float) -> list[str]:
        """Receive a workbook with its first number changed."""
        return self.receive(code, change_value(path, lambda value: (value or 0) + by))

    def score(self, code: str, name: str, why: str, *despite: str) -> str:
        """Score, remember the run under a name, and return its id."""
        done = assess_period(self.settings, self.plan, parse_period(code), reason=why, despite=despite)
        self.runs[name] = done.run_id
        return self.runs[name]

    def step(self, code: str, name: str, reason: str | None = None) -> bool:
        """Take a step of the period's life."""
        return take_step(self.settings, parse_period(code), name, reason=reason)

    def approve(self, code: str, decide: str | None = None) -> bool:
        """Approve the newest run."""
        return approve(self.settings, self.plan, parse_period(code), decide=decide)

    def publish(self, code: str, name: str, reason: str | None = None, decide: str | None = None) -> Published:
        """Publish, and remember the publication under a name."""
        self.published[name] = publish_period(
            self.settings, self.plan, parse_period(code), reason=reason, decide=decide
        )
        return self.published[name]

    def admit(self, submission: str, reason: str) -> str | None:
        """Admit a held submission."""
        return admit(self.settings, submission, reason)

    def appeal(self, code: str, unit: str, node: str, text: str) -> str:
        """Record an appeal."""
        return appeal(self.settings, self.plan, parse_period(code), unit=unit, node=node, text=text)

    def answer(self, name: str, outcome: str, reason: str) -> bool:
        """Answer an appeal."""
        return answer(self.settings, name, outcome, reason)

    def adjust(self, **row: object) -> None:
        """Enter an adjustment."""
        with open_warehouse(self.settings.warehouse) as warehouse:
            add_adjustments(warehouse, pl.DataFrame([row]), actor="office")

    def verify_value(self, **row: object) -> None:
        """Enter a reviewer's verdict."""
        with open_warehouse(self.settings.warehouse) as warehouse:
            add_verifications(warehouse, pl.DataFrame([row]), actor="office")

    def change_plan(self, file: str, *changes: tuple[str, str]) -> None:
        """Go on with a plan of which one file is changed."""
        folder = self.folder / f"plan-{clock.now():%m%d}"
        shutil.copytree(self.settings.plan_folder, folder)
        text = (folder / file).read_text(encoding="utf-8")
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (folder / file).write_text(text, encoding="utf-8")
        self.plan = load_plan(folder)
        self.settings = replace(self.settings, plan_folder=folder)


def play_q1(office: Office) -> None:
    """Q1: a revision, a society that is late and admitted, a granted appeal."""
    forms = office.on("2023-04-10").fill("2023Q1")
    assert office.receive("2023Q1", forms[WH], forms[JZ]) == ["accepted", "accepted"]
    office.on("2023-04-12").correct("2023Q1", forms[WH], 1)
    office.on("2023-04-18").step("2023Q1", "close")
    assert office.on("2023-04-25").receive("2023Q1", forms[XH]) == ["held_late"]
    office.on("2023-04-26").score("2023Q1", "Q1 without the society", "季度计分", "completeness")
    assert office.on("2023-04-27").admit(f"{XH}/2023Q1/1", "系统故障") == "accepted"
    office.score("2023Q1", "Q1 with the society", "准予补报后重算")
    office.on("2023-04-28").step("2023Q1", "review")
    name = office.on("2023-05-02").appeal("2023Q1", JZ, "S2", "科普活动少计")
    office.on("2023-05-05").answer(name, "granted", "材料属实")
    office.adjust(adjustment_id="appeal-1", unit_code=JZ, period="2023Q1", kind="override_total", value=88.5,
                  reason=f"申诉 {name}", document_no="鄂科协考〔2023〕5号")  # fmt: skip
    office.on("2023-05-06").score("2023Q1", "Q1 after the appeal", "复核后重算")
    office.on("2023-05-10").approve("2023Q1")
    office.on("2023-05-11").publish("2023Q1", "Q1")


def play_q2(office: Office) -> None:
    """Q2: published, then a verdict changes a value, and a second edition follows."""
    forms = office.on("2023-07-05").fill("2023Q2")
    office.receive("2023Q2", *forms.values())
    office.on("2023-07-20").step("2023Q2", "close")
    office.on("2023-07-21").score("2023Q2", "Q2", "季度计分")
    office.step("2023Q2", "review")
    office.on("2023-08-02").approve("2023Q2")
    office.publish("2023Q2", "Q2 first")
    office.on("2023-08-20").verify_value(unit_code=WH, indicator_code="T07-1", period="2023Q2", verdict="adjusted",
                                         value=3.0, reason="抽查核减")  # fmt: skip
    office.score("2023Q2", "Q2 verified", "核减后重算")


def publish_q2_again(office: Office) -> None:
    """The second edition, for which the period has to be reopened."""
    office.on("2023-08-21").step("2023Q2", "reopen", "抽查核减")
    assert office.score("2023Q2", "Q2 verified", "核减后重算")
    office.step("2023Q2", "review")
    office.approve("2023Q2", decide="更正公布,不再公示")
    office.publish("2023Q2", "Q2 second", reason="更正")


def play_q3(office: Office) -> None:
    """Q3: the plan is changed after the first scoring."""
    collect_and_score(office, "2023Q3", "2023-10", "Q3 by the first plan")
    heavier = ("weight: 60", "weight: 55"), ("weight: 40\n", "weight: 45\n"), ("version: 1", "version: 2")
    office.on("2023-10-19").change_plan("plan.yaml", *heavier)
    office.score("2023Q3", "Q3", "方案第二版")
    decide_and_publish(office, "2023Q3", "2023-10", "Q3")


def play_q4(office: Office) -> None:
    """Q4: Jingzhou was merged into Wuhan on 1 December; the registry says so after the first scoring."""
    collect_and_score(office, "2023Q4", "2024-01", "Q4 before the merger")
    office.on("2024-01-19").change_plan("units.csv", (JZ_ROW, f"{JZ_ROW.removesuffix(',')}2023-11-30,{WH}"))
    with pytest.raises(UserError, match=r"cells_assigned.*HB-JZ"):
        office.score("2023Q4", "Q4", "季度计分")
    assert exclude(office.settings, f"{JZ}/2023Q4/1", f"{JZ} 并入 {WH}")
    assert not exclude(office.settings, f"{JZ}/2023Q4/1", "再次")
    office.score("2023Q4", "Q4", f"{JZ} 并入 {WH}")
    decide_and_publish(office, "2023Q4", "2024-01", "Q4")


def collect_and_score(office: Office, code: str, month: str, name: str) -> None:
    """Everybody reports; the period is closed and scored."""
    forms = office.on(f"{month}-11").fill(code)
    office.receive(code, *forms.values())
    office.on(f"{month}-18").step(code, "close")
    office.score(code, name, "季度计分")


def decide_and_publish(office: Office, code: str, month: str, name: str) -> None:
    """The result is put up for review, approved when nobody appealed, and published."""
    office.step(code, "review")
    office.on(f"{month}-30").approve(code)
    office.publish(code, name)
