"""What all plan models share: unknown keys are refused, values never change after loading."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Model(BaseModel):
    """A part of a plan. Unknown keys are errors; instances are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Text(Model):
    """A wording in Chinese and English; a plain string stands for both."""

    zh: str
    en: str = ""

    def get(self, lang: str) -> str:
        """Return the wording in ``zh`` or ``en``; Chinese where there is no English."""
        return self.zh if lang == "zh" or not self.en else self.en


def _as_text(value: Any) -> Any:
    if isinstance(value, str | int | float):
        return {"zh": str(value), "en": str(value)}
    if isinstance(value, dict) and "zh" not in value and "en" in value:
        return {"zh": value["en"], **value}
    return value


Wording = Annotated[Text, BeforeValidator(_as_text)]


def _as_code(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Code = Annotated[str, BeforeValidator(_as_code)]


def _none_as_word(value: Any) -> Any:
    return "none" if value is None else value


NoneWord = BeforeValidator(_none_as_word)
"""Takes a key left empty in YAML for the word ``none``."""
