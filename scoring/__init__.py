"""The arithmetic: a plan and tables in, scores and results out. Never reads a database, never writes a document."""

from scoring.engine import open_engine
from scoring.run import Inputs, Scored, rules_hash, score

__all__ = ["Inputs", "Scored", "open_engine", "rules_hash", "score"]
