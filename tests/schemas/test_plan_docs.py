"""The reference of the plan format is current, and every key has a meaning in both languages."""

import pytest
from pydantic import BaseModel

from schemas.meanings import MEANINGS, meaning
from schemas.methods import METHOD_MODELS, Band, Outliers, RankSteps, Stage
from schemas.plan_docs import DOCS, FILES, SECTIONS, reference

DESCRIBED = [m for _, _, models in SECTIONS for m in models] + [
    *METHOD_MODELS.values(),
    Band,
    Stage,
    RankSteps,
    Outliers,
]


@pytest.mark.parametrize("lang", FILES)
def test_the_reference_is_current(lang: str) -> None:
    assert (DOCS / FILES[lang]).read_text(encoding="utf-8") == reference(lang), "run: python -m schemas.plan_docs"


@pytest.mark.parametrize("model", DESCRIBED, ids=lambda m: m.__name__)
def test_every_key_has_a_meaning(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        key = field.alias or name
        assert meaning(model.__name__, key, "zh") and meaning(model.__name__, key, "en")


def test_no_meaning_is_left_of_a_key_that_is_gone() -> None:
    known = {f"{m.__name__}.{f.alias or n}" for m in DESCRIBED for n, f in m.model_fields.items()}
    known |= {f"*.{k.split('.')[1]}" for k in known} | {"*.value", "*.power"}
    assert MEANINGS.keys() <= known
