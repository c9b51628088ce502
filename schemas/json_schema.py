"""JSON Schema of ``plan.yaml`` and ``indicators.yaml``, for editors. ``python -m schemas.json_schema`` writes both."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from schemas.meanings import MEANINGS
from schemas.plan import Indicator, PlanFile

HERE = Path(__file__).parent
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: dict[str, tuple[str, TypeAdapter[Any]]] = {
    "plan.schema.json": ("plan.yaml", TypeAdapter(PlanFile)),
    "indicators.schema.json": ("indicators.yaml", TypeAdapter(list[Indicator])),
}
# Short forms that the loader accepts beside the full ones.
_TEXT = {"type": ["string", "number"]}
_WORDING = {"type": "object", "required": ["en"], "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}}
_WEIGHTED = {
    "type": "object",
    "additionalProperties": False,
    "required": ["weights"],
    "properties": {"weights": {"type": "array", "items": {"type": "number"}}, "year_end": {"type": "number"}},
}


def json_schemas() -> dict[str, str]:
    """Return file name → JSON Schema as text."""
    return {name: _text(title, adapter) for name, (title, adapter) in _MODELS.items()}


def write_json_schemas(folder: Path = HERE) -> list[Path]:
    """Write both schemas and return their paths."""
    paths = []
    for name, text in json_schemas().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _text(title: str, adapter: TypeAdapter[Any]) -> str:
    schema = {"$schema": _DRAFT, **adapter.json_schema(by_alias=True), "title": title}
    _admit_short_forms(schema)
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _admit_short_forms(schema: dict[str, Any]) -> None:
    """Say what the loader converts: a wording may be one text, a code a number, a year's rule its weights."""
    models = schema["$defs"]
    models["Wording"] = {"anyOf": [{"$ref": "#/$defs/Text"}, _TEXT, _WORDING]}
    for model in [schema, *(m for name, m in models.items() if name not in ("Text", "Wording"))]:
        model.get("properties", {}).pop("_", None)
        _replace(model, {"$ref": "#/$defs/Text"}, {"$ref": "#/$defs/Wording"})
        _numbers_as_codes(model.get("properties", {}))
    for name, model in {**models, "PlanFile": schema}.items():
        for key, value in model.get("properties", {}).items():
            words = MEANINGS.get(f"{name}.{key}") or MEANINGS.get(f"*.{key}")
            if words:
                value["description"] = " / ".join(words)
    year = models.get("Year", {}).get("properties", {}).get("rule")
    if year is not None:
        models["Year"]["properties"]["rule"] = {"anyOf": [year, _WEIGHTED]}


def _replace(here: Any, old: dict[str, Any], new: dict[str, Any]) -> None:
    for key, value in list(
        here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ()
    ):
        if key == "$defs":
            continue
        if value == old:
            here[key] = dict(new)
        else:
            _replace(value, old, new)


def _numbers_as_codes(properties: dict[str, Any]) -> None:
    for name in ("code", "parent", "version", "plan", "from", "to"):
        if properties.get(name, {}).get("type") == "string":
            properties[name]["type"] = ["string", "integer"]
    periods = properties.get("periods", {}).get("items", {})
    if periods.get("type") == "string":
        periods["type"] = ["string", "integer"]


if __name__ == "__main__":
    for written in write_json_schemas():
        print(written)
