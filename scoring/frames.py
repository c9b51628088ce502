"""Names shared by the steps of scoring."""

from typing import Any

import narwhals as nw

from schemas.reasons import REASONS

Frame = nw.LazyFrame[Any]
REASON = {code: number for number, code in enumerate(REASONS, 1)}
"""Number of each reason code inside the engine; the lower number is the weightier reason."""
NUMBERS = ("value", "numerator", "denominator")
