"""What a benchmark runs in processes of its own, so that imports and peak memory are each contender's alone."""

import json
import subprocess
import sys
from typing import Any


def run_apart(script: str, *words: object) -> str:
    """Run a script in a process of its own and return what it printed.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    command = [sys.executable, script, *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def measured_apart(script: str, *words: object, repeats: int) -> list[dict[str, Any]]:
    """Run a script several times and return the JSON of each last line."""
    return [json.loads(run_apart(script, *words).strip().splitlines()[-1]) for _ in range(repeats)]
