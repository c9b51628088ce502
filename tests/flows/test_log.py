"""The log says in words what was recorded."""

from flows.log import ACTIONS
from warehouse.audit import CHECKS


def test_every_change_that_the_audit_knows_has_a_word() -> None:
    assert {action for _, actions, _ in CHECKS for action in actions} <= set(ACTIONS)
