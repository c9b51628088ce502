"""The reference of the plan format is current, and every key has a meaning in both languages."""

import pytest
from pydantic import BaseModel

from schemas.data_files import INPUTS, KINDS, OUTPUTS
from schemas.meanings import MEANINGS, meaning
from schemas.methods import METHOD_MODELS, Band, Outliers, RankSteps, Stage
from schemas.methods_zh import METHODS_ZH
from schemas.plan_docs import DOCS, FILES, SECTIONS, reference
from schemas.reasons import REASONS
from schemas.tables import (
    CELL_STATUS,
    Adjustments,
    Items,
    Measurements,
    Results,
    Scores,
    Targets,
    Units,
    Verifications,
    columns_of,
)
from scoring.unknown import KINDS as ENGINE_KINDS
from scoring.unknown import VALUED

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


def test_every_method_says_what_it_does_in_chinese() -> None:
    models = [*METHOD_MODELS.values(), Band, Stage, RankSteps, Outliers]
    assert METHODS_ZH.keys() == {m.__name__ for m in models}
    for model in METHOD_MODELS.values():
        name = (model.__doc__ or "").split(":")[0]
        assert METHODS_ZH[model.__name__].startswith(f"{name}:"), "the name is that of the docstring"


def test_no_meaning_is_left_of_a_key_that_is_gone() -> None:
    known = {f"{m.__name__}.{f.alias or n}" for m in DESCRIBED for n, f in m.model_fields.items()}
    known |= {f"*.{k.split('.')[1]}" for k in known} | {"*.value", "*.power"}
    assert MEANINGS.keys() <= known


MODELS = {
    "measurements": Measurements, "units": Units, "targets": Targets, "adjustments": Adjustments, "items": Items,
    "verifications": Verifications, "results": Results, "scores": Scores,
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_data_files_are_described_by_the_names_of_the_tables(name: str) -> None:
    described = {**INPUTS, **OUTPUTS}[name].columns
    known = set(columns_of(MODELS[name])) | {"note"}
    assert set(described) <= known
    if name in OUTPUTS:
        assert list(described) == [c for c in columns_of(MODELS[name]) if c != "run_id"]


def test_kinds_states_and_reasons_are_those_of_the_engine() -> None:
    assert tuple(KINDS) == ENGINE_KINDS
    assert {k for k, (_, needs) in KINDS.items() if needs[0] == "value"} == set(VALUED)
    for lang in FILES:
        text = reference(lang)
        assert all(f"`{code}`" in text for code in REASONS)
        assert all(word in text for word in CELL_STATUS)
