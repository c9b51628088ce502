"""Lights: shape, word and colour together; unknown is never green, not applicable is none of them."""

from dataclasses import dataclass

import polars as pl

from schemas.plan import Lights

NOT_COUNTED = ("not_applicable", "not_assigned", "not_due")


@dataclass(frozen=True)
class Light:
    """One light as documents show it: ``fill`` a pale background, ``ink`` for words, ``bar`` for shape and bars."""

    code: str
    shape: str
    zh: str
    en: str
    fill: str
    ink: str
    bar: str

    def text(self, lang: str) -> str:
        """Return shape and words, for example ``● 绿 正常``."""
        return f"{self.shape} {self.word(lang)}"

    def word(self, lang: str) -> str:
        """Return the words alone."""
        return self.zh if lang == "zh" else self.en


LIGHTS: dict[str, Light] = {
    light.code: light
    for light in (
        Light("green", "●", "绿 正常", "green, on track", "#DDF0DF", "#1B7837", "#2E9E4F"),
        Light("yellow", "▲", "黄 预警", "yellow, warning", "#FFF1C9", "#7A5200", "#E09F00"),
        Light("red", "■", "红 滞后", "red, behind", "#FBDCD8", "#A61B29", "#CF3A3A"),
        Light("unknown", "○", "未知", "unknown", "#ECECEC", "#595959", "#7F7F7F"),
        Light("none", "－", "不适用", "not applicable", "#FFFFFF", "#6B6B6B", "#9A9A9A"),
    )
}


def light_of(lights: Lights) -> pl.Expr:
    """Return the light's code from ``score``, ``reason_code`` and ``is_indicator``.

    An indicator whose score was imputed is unknown: nobody reported it. A node's score may rest on imputed parts.
    Where ``green`` lies below ``yellow``, lower is better.
    """
    sign = 1.0 if lights.green > lights.yellow else -1.0
    score = pl.col("score") * sign
    imputed = pl.col("is_indicator") & (pl.col("reason_code") == "imputed").fill_null(False)
    return (
        pl.when(pl.col("reason_code").is_in(list(NOT_COUNTED))).then(pl.lit("none"))
        .when(pl.col("score").is_null() | imputed).then(pl.lit("unknown"))
        .when(score >= lights.green * sign).then(pl.lit("green"))
        .when(score >= lights.yellow * sign).then(pl.lit("yellow"))
        .otherwise(pl.lit("red"))
    )  # fmt: skip
