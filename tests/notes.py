"""Phases of a child that is to be killed: each is on disk before it begins."""

import functools
import os
from pathlib import Path
from typing import Any


class Notes:
    """The phases, one line each."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def __call__(self, phase: str) -> None:
        os.write(self.file, f"{phase}\n".encode())

    def watch(self, module: Any, name: str, phase: str) -> None:
        """Note the phase whenever the function is called."""
        inner = getattr(module, name)

        @functools.wraps(inner)
        def told(*args: Any, **named: Any) -> Any:
            self(phase)
            return inner(*args, **named)

        setattr(module, name, told)
