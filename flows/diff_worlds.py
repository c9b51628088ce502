"""The six kinds of input that two runs can differ in, and worlds in which only some units' are the new ones."""

from collections.abc import Callable, Collection
from dataclasses import replace

import polars as pl

from flows.diff_inputs import State, changed_units, mixed
from schemas.folder import Plan

World = Callable[[Collection[str]], State]
Moved = tuple[set[str], bool, World]
"""Units whose own inputs differ; whether something common to all differs; the world in which some of theirs are new."""


def _units_step(state: State, new: State) -> Moved | None:
    a, b = state.plan.units, new.plan.units
    units = changed_units(a, b)
    return (units, False, lambda some: _with(state, units=mixed(a, b, some))) if units else None


def _plan_step(state: State, new: State) -> Moved | None:
    if _without_units(state.plan) == _without_units(new.plan):
        return None
    a, b = state.plan, replace(new.plan, units=state.plan.units)
    own = {name: (_own_rows(getattr(a, name)), _own_rows(getattr(b, name))) for name in ("targets", "assignments")}
    units = set[str]().union(*(changed_units(old, now) for old, now in own.values()))

    def table(name: str, some: Collection[str]) -> pl.DataFrame:
        old, now = own[name]
        kept = old.filter(pl.col("indicator_code").is_in(list(b.leaves)))
        common: pl.DataFrame = getattr(b, name).filter(pl.col("unit_code").is_null())
        return pl.concat([common, mixed(now, kept, units - set(some))], how="diagonal_relaxed")

    def world(some: Collection[str]) -> State:
        return replace(state, plan=replace(b, targets=table("targets", some), assignments=table("assignments", some)))

    return units, True, world


def _without_units(plan: Plan) -> tuple[object, ...]:
    frames = [f.drop("line").rows() for f in (plan.targets, plan.assignments, plan.bodies)]
    return (plan.file, plan.indicators, plan.holidays, *frames)


def _own_rows(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("unit_code").is_not_null())


def _data_step(state: State, new: State) -> Moved | None:
    units = changed_units(state.measurements, new.measurements)
    units |= changed_units(state.counting, new.counting, ("unit_code", "period", "late_days"))

    def world(some: Collection[str]) -> State:
        return replace(
            state,
            measurements=mixed(state.measurements, new.measurements, some),
            counting=mixed(state.counting, new.counting, some),
        )

    return (units, False, world) if units else None


def _verification_step(state: State, new: State) -> Moved | None:
    a, b = state.verifications, new.verifications
    units = changed_units(a, b)
    return (units, False, lambda some: replace(state, verifications=mixed(a, b, some))) if units else None


def _items_step(state: State, new: State) -> Moved | None:
    a, b = state.items, new.items
    units = changed_units(a, b)
    return (units, False, lambda some: replace(state, items=mixed(a, b, some))) if units else None


def _adjustments_step(state: State, new: State) -> Moved | None:
    a, b = state.adjustments, new.adjustments
    units = changed_units(a, b)
    one, two = state.history, new.history
    same = two is None if one is None else two is not None and one.equals(two)
    if not units and same:
        return None
    return units, not same, lambda some: replace(state, adjustments=mixed(a, b, some), history=two)


def _with(state: State, *, units: pl.DataFrame) -> State:
    return replace(state, plan=replace(state.plan, units=units))


STEPS: dict[str, Callable[[State, State], Moved | None]] = {
    "units": _units_step,
    "plan": _plan_step,
    "data": _data_step,
    "verification": _verification_step,
    "items": _items_step,
    "adjustments": _adjustments_step,
}
