"""Values in SQL, written as literals, by the one function that may.

DuckDB asks pandas about every bound Python value and so imports it, which takes as long as all else that a short
command does; and it hands a query with bound values on row by row rather than in columns. So values are written into
the text of a query, at its ``$name``.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

_NAME = re.compile(r"\$([a-z_]+)")


def stated(query: str, parameters: Mapping[str, Any]) -> str:
    """Return a query with the values of its ``$name`` in their places.

    Raises:
        KeyError: a parameter is not given.
        TypeError: a value of a kind that has no literal.
    """
    return _NAME.sub(lambda found: literal(parameters[found[1]]), query)


def literal(value: Any) -> str:
    """Return a text, path, number, moment (UTC without zone), list of these, or None as an SQL literal.

    Between single quotes DuckDB reads every character as itself, but for the quote, which is doubled, and NUL, which
    ends its text of a query.

    Raises:
        TypeError: anything else.
    """
    match value:
        case None:
            return "NULL"
        case bool() | int():
            return str(value)
        case float():
            return f"'{value!r}'::DOUBLE"
        case str() | Path():
            return "'" + str(value).replace("'", "''").replace("\0", "' || chr(0) || '") + "'"
        case datetime() if value.tzinfo is None:
            return f"TIMESTAMP '{value}'"
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
    raise TypeError(f"no SQL literal for {type(value).__name__}")
