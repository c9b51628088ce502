"""Models that are made when they are first looked at.

Importing pandera takes half a second. A command that only reads (``kaohe explain``, ``status``) needs no model, so
``schemas.tables`` hands out these stand-ins, which become the model on the first use of any of its attributes.
"""

from functools import cached_property
from importlib import import_module
from typing import Any


class Late:
    """Stands for the model ``name`` of ``schemas.tables.MODULE``."""

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    @cached_property
    def _model(self) -> Any:
        module, name = self._place
        return getattr(import_module(f"schemas.tables.{module}"), name)

    def __getattr__(self, name: str) -> Any:
        if name == "_place":  # a copy that has not been filled yet
            raise AttributeError(name)
        return getattr(self._model, name)

    def __repr__(self) -> str:
        return f"Late{self._place}"
