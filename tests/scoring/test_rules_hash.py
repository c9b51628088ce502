"""What makes other rules: runs of other rules are other runs."""

import pytest

from scoring import rules_hash, run


def test_the_order_of_reasons_is_a_rule_and_their_wording_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    rules, codes = rules_hash(), list(run.REASONS)
    assert rules == rules_hash() and len(rules) == 64
    monkeypatch.setattr(run, "REASONS", dict.fromkeys(codes, ("另一说法", "other words")))
    assert rules_hash() == rules
    monkeypatch.setattr(run, "REASONS", dict.fromkeys(reversed(codes), ("", "")))
    assert rules_hash() != rules
