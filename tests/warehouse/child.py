"""A process of its own that writes: ``python -m tests.warehouse.child PATH WORD``.

``hold``: write, say so, and stay inside the transaction until standard input ends. ``again``: write one submission
after the other, saying each one's number when it is committed.
"""

import sys
from pathlib import Path

from tests.warehouse.tables import send, writing


def main(path: Path, word: str) -> None:
    if word == "hold":
        with writing(path) as warehouse:
            send(warehouse, "unit|period|file|state|T07-1\nHB-JZ|2023Q1|child|accepted|7")
            print("written", flush=True)
            sys.stdin.read()
        return
    for number in range(1000):
        with writing(path) as warehouse:
            send(warehouse, f"unit|period|file|state|T07-1\nU{number:03}|2023Q1|child{number}|accepted|{number}")
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
