"""Tables that a user names on the command line, for the engine on plain files."""

import argparse
import difflib
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.csv_file import uneven_lines
from schemas.data_files import INPUTS
from schemas.errors import RowError, UserError

if TYPE_CHECKING:
    import polars as pl

    from schemas.folder import Plan

NUMBERS = ("value", "numerator", "denominator", "mark", "count")
RESULT_NUMBERS = ("base", "total", "rank", "class_size")


def read_inputs(plan: "Plan", args: argparse.Namespace) -> Any:
    """Read the files that a command names; say on stderr which lines of theirs are short.

    Raises:
        UserError: a file is missing, is no table, or lacks a column.
    """
    from scoring import Inputs

    measurements: Any = args.measurements
    in_place = args.measurements.suffix.lower() == ".parquet" and args.items is None
    if not in_place or not _can_stay(args.measurements):
        measurements = read_table(args.measurements, "measurements")
    units = read_table(args.units, "units") if args.units else None
    if units is None and plan.units.is_empty():
        raise UserError(
            "方案没有单位表,请用 --units 给出。", "The plan has no units; give them with --units.", exit_code=2
        )
    paths = {name: getattr(args, name) for name in ("targets", "adjustments", "items", "history")}
    others: dict[str, Any] = {name: read_table(path, name) if path else None for name, path in paths.items()}
    for path in filter(None, (args.measurements, args.units, *paths.values())):
        _tell_short(path, args.lang)
    _check_history(plan, args, others["history"])
    return Inputs(measurements, units=units, **others)


def _check_history(plan: "Plan", args: argparse.Namespace, history: "pl.DataFrame | None") -> None:
    """Refuse earlier results without what the plan's rules on them look at; say where there are none at all."""
    conditions = [rule.condition for rule in plan.file.consecutive]
    looked_at = {"total": "below", "rank": "bottom", "class_size": "bottom", "grade": "grade"}
    needed = [c for c, word in looked_at.items() if any(getattr(x, word) is not None for x in conditions)]
    if history is not None and (absent := [c for c in needed if c not in history.columns]):
        raise _lacks(args.history, history.columns, "、".join(absent), f"column(s) {', '.join(absent)}", absent)
    if conditions and history is None and (isinstance(args.period, str) or len(args.period) == 1):
        zh = "提示:方案有连续结果规则,没有 --history,以往各期结果没有计入。"
        en = "Note: the plan has rules on consecutive results; without --history no earlier result was looked at."
        print(zh if args.lang == "zh" else en, file=sys.stderr)


def _tell_short(path: Path, lang: str) -> None:
    """Say that lines have fewer cells than the heading: they were read as blank there, and the file may be cut off."""
    if path.suffix.lower() == ".parquet":
        return
    data = path.read_bytes().rstrip()
    whole = data.partition(b"\n")[0].count(b",") * (data.count(b"\n") + 1)
    short = uneven_lines(data)[0] if data.count(b",") != whole else []  # a quick look first: most files are even
    if not short:
        return
    lines, more = ("、" if lang == "zh" else ", ").join(map(str, short[:5])), "…" if len(short) > 5 else ""
    zh = f"{path.name} 有 {len(short)} 行的格数少于表头(第 {lines}{more} 行),缺少的格按空白读取。请核对文件是否完整。"
    en = (
        f"{path.name}: fewer cells than the heading in {len(short)} of its lines ({lines}{more}); what they lack was "
        "read as blank. Check that the file is complete."
    )
    print(zh if lang == "zh" else en, file=sys.stderr)


def read_table(path: Path, table: str) -> "pl.DataFrame":
    """Read a CSV (UTF-8, with or without BOM) or Parquet file; codes as text, numbers as numbers, blanks as null.

    ``table``: a key of ``schemas.data_files.INPUTS``.

    Raises:
        UserError: missing file, no table, a missing or misspelt column, a text where a number belongs (with its line).
    """
    import polars as pl

    raw = _read(path)
    raw = raw.rename({c: c.strip() for c in raw.columns})
    _check_columns(path, raw.columns, table)
    whole = [c for c in _codes(raw) if raw[c].dtype.is_float() and (raw[c] == raw[c].floor()).all()]
    raw = raw.with_columns(pl.col(c).cast(pl.Int64) for c in whole)  # pandas makes 1.0 of 1 where a cell is empty
    text = [c for c, t in raw.schema.items() if t == pl.String]
    raw = raw.with_columns(pl.col(c).str.strip_chars().replace("", None) for c in text)
    raw = raw.with_columns(pl.col(c).cast(pl.String) for c in _codes(raw))
    numbers = RESULT_NUMBERS if table == "history" else NUMBERS
    return _filled(path, _numbers(path, raw, numbers), table)


def read_verdicts(path: Path) -> "pl.DataFrame":
    """Read reviewers' verdicts; optional columns that the file lacks are empty.

    Raises:
        UserError: as ``read_table``.
    """
    import polars as pl

    table = read_table(path, "verifications")
    absent = {"part": pl.String, "value": pl.Float64, "numerator": pl.Float64, "denominator": pl.Float64}
    return table.with_columns(pl.lit(None, t).alias(c) for c, t in absent.items() if c not in table.columns)


def _codes(raw: "pl.DataFrame") -> list[str]:
    return [c for c in raw.columns if c.endswith("_code") or c in ("period", "part", "status", "name", "kind", "code")]


def _filled(path: Path, raw: "pl.DataFrame", table: str) -> "pl.DataFrame":
    """Leave out rows without any cell, as spreadsheet programs append them; refuse one that lacks what it needs."""
    import polars as pl

    rows = raw.with_row_index("n", offset=2).filter(~pl.all_horizontal(pl.col(c).is_null() for c in raw.columns))
    for column in INPUTS[table].required:
        lacking = rows.filter(pl.col(column).is_null())
        if not lacking.is_empty():
            line = lacking["n"][0]
            raise UserError(
                f"{path.name} 第 {line} 行的 {column} 为空。请填写,或删去这一行。",
                f"{path.name}, line {line}: {column} is empty. Fill it in, or remove the row.",
            )
    return rows.drop("n")


def _read(path: Path) -> "pl.DataFrame":
    import polars as pl

    if not path.is_file():
        raise UserError(f"没有文件 {path}。请检查路径。", f"There is no file {path}. Check the path.")
    data = b""
    try:
        if path.suffix.lower() == ".parquet":
            return pl.read_parquet(path)
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        return pl.read_csv(data, infer_schema=False) if data.strip() else pl.DataFrame()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _no_table(path, data, error) from None


def _no_table(path: Path, data: bytes, error: Exception) -> UserError:
    """Say what is wrong with a file that is no table, with its line where that can be found."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as bad:
        line = data[: bad.start].count(b"\n") + 1
        return UserError(
            f"{path.name} 第 {line} 行不是 UTF-8 编码。请另存为“CSV UTF-8”。",
            f"{path.name}, line {line}: not UTF-8. Save the file again as 'CSV UTF-8'.",
        )
    long = next(iter(uneven_lines(data)[1]), None)
    if long is not None:
        width = data.partition(b"\n")[0].count(b",") + 1
        return UserError(
            f"{path.name} 第 {long} 行的格数多于表头({width} 列)。请删去多余的逗号,或给含逗号的内容加引号。",
            f"{path.name}, line {long}: more cells than the heading's {width} columns. Remove the comma, or "
            "put quotes around a text that contains one.",
        )
    detail = str(error).splitlines()[0]
    return UserError(
        f"{path.name} 不是可读的 CSV(UTF-8)或 Parquet 表:{detail}",
        f"{path.name} is no readable CSV (UTF-8) or Parquet table: {detail}",
    )


def _numbers(path: Path, raw: "pl.DataFrame", columns: Iterable[str]) -> "pl.DataFrame":
    import polars as pl

    for column in columns:
        if column not in raw.columns:
            continue
        number = pl.col(column).cast(pl.Float64, strict=False)
        bad = raw.with_row_index("n", offset=2).filter(pl.col(column).is_not_null() & number.is_null())
        if not bad.is_empty():
            row = bad.row(0, named=True)
            raise UserError(
                f"{path.name} 第 {row['n']} 行 {column} 列的“{row[column]}”不是数字。请填写数字或留空。",
                f"{path.name}, line {row['n']}, column {column}: '{row[column]}' is not a number. "
                "Write a number or leave it empty.",
            )
        raw = raw.with_columns(number)
    return raw


def _can_stay(path: Path) -> bool:
    """Check a Parquet file's columns; say whether it can be scored where it lies: codes are text, numbers doubles."""
    import polars as pl

    if not path.is_file():
        raise UserError(f"没有文件 {path}。请检查路径。", f"There is no file {path}. Check the path.")
    try:
        schema = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, OSError):
        raise UserError(f"{path.name} 不是 Parquet 文件。", f"{path.name} is no Parquet file.") from None
    _check_columns(path, list(schema), "measurements")
    text = [c for c in ("unit_code", "indicator_code", "period", "part", "status") if c in schema]
    numbers = [c for c in NUMBERS if c in schema]
    return all(schema[c] == pl.String for c in text) and all(schema[c].is_numeric() for c in numbers)


def _check_columns(path: Path, columns: list[str], table: str) -> None:
    """Refuse a table without a column that it must have, or with one that is nearly the name of one."""
    required, known = list(INPUTS[table].required), list(INPUTS[table].columns)
    if not columns:
        raise UserError(
            f"{path.name} 是空文件。第一行应为列名:{'、'.join(required)}……",
            f"{path.name} is empty. Its first line must name the columns: {', '.join(required)}, …",
        )
    again = next((c for c in columns if re.search(r"_duplicated_\d+$", c)), None)
    if again:
        name = again.rsplit("_duplicated_", 1)[0]
        raise UserError(
            f"{path.name} 有两列都叫“{name}”。请只留一列,或给另一列换个名称。",
            f"{path.name} has two columns '{name}'. Keep one, or rename the other.",
        )
    if len(columns) == 1 and (mark := next((m for m in (";", "\t", "|") if m in columns[0]), None)):
        shown = {"\t": "tab"}.get(mark, mark)
        raise UserError(
            f"{path.name} 用“{shown}”分隔各列。请另存为逗号分隔的 CSV。",
            f"{path.name} separates its columns by '{shown}'. Save it again as CSV with commas.",
        )
    absent = [c for c in required if c not in columns]
    if absent:
        raise _lacks(path, columns, "、".join(absent), f"column(s) {', '.join(absent)}", absent)
    if table == "measurements":
        _check_values(path, columns)
    for column in columns:
        near = difflib.get_close_matches(column, known, n=1, cutoff=0.82)
        if column not in known and near and near[0] not in columns:
            raise UserError(
                f"{path.name} 的列“{column}”不认识,是否想写“{near[0]}”?请改列名(不需要的列请删去或换个名称)。",
                f"{path.name} has a column '{column}'. Did you mean '{near[0]}'? Rename it; "
                "a column that is not meant to be read needs another name.",
            )


def _check_values(path: Path, columns: list[str]) -> None:
    """Refuse measurements without any column for the number: everything would be missing."""
    pair = [c for c in ("numerator", "denominator") if c in columns]
    if len(pair) == 1:
        other = {"numerator": "denominator", "denominator": "numerator"}[pair[0]]
        raise _lacks(path, columns, f"{other}({pair[0]} 须与它成对)", f"column {other}, which {pair[0]} needs", [other])
    if not pair and "value" not in columns:
        zh, en = "value(或 numerator 和 denominator)", "column value (or numerator and denominator)"
        raise _lacks(path, columns, zh, en, ["value"])


def _lacks(path: Path, columns: list[str], zh: str, en: str, absent: list[str]) -> UserError:
    near = next((n[0] for a in absent if (n := difflib.get_close_matches(a, columns, n=1, cutoff=0.7))), None)
    hint_zh, hint_en = (f"“{near}”是否写错了?", f" Is '{near}' misspelt?") if near else ("", "")
    return UserError(
        f"{path.name} 缺少列:{zh}。现有的列:{'、'.join(columns)}。{hint_zh}",
        f"{path.name} lacks the {en}. It has: {', '.join(columns)}.{hint_en}",
    )


def is_empty(measurements: Any) -> bool:
    """Say whether a table, or a Parquet file, has no row at all."""
    import polars as pl

    if isinstance(measurements, Path):
        return bool(pl.scan_parquet(measurements).select(pl.len()).collect().item() == 0)
    return bool(measurements.is_empty())


def out_folder(path: Path) -> Path:
    """Make the folder that results are written to.

    Raises:
        UserError: it is a file, lies in one, or cannot be written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(
            f"{path} 不能用作输出文件夹:它或它的上级是一个文件。请换一个 --out。",
            f"{path} cannot be the output folder: it, or what it lies in, is a file. Choose another --out.",
        ) from None
    except OSError as error:
        raise UserError(
            f"不能建立输出文件夹 {path}({error.strerror})。请换一个 --out。",
            f"The output folder {path} cannot be made ({error.strerror}). Choose another --out.",
        ) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise UserError(
            f"不能写入输出文件夹 {path}。请检查权限,或换一个 --out。",
            f"The output folder {path} cannot be written to. Check its permissions, or choose another --out.",
        )
    return path


def placed(error: RowError, args: argparse.Namespace, inputs: Any) -> UserError:
    """Return an error about rows of a table with its file and the first lines that it is about."""
    import polars as pl

    path: Path | None = getattr(args, error.table, None)
    frame = getattr(inputs, error.table, None)
    if path is None or frame is None:
        return error
    rows = pl.scan_parquet(frame) if isinstance(frame, Path) else frame.lazy()
    names = rows.collect_schema().names()
    rows = rows.with_row_index("kaohe_line", offset=2)
    for column, values in error.rows.items():
        rows = rows.filter(pl.col(column).is_in(values, nulls_equal=True)) if column in names else rows
    lines = rows.select("kaohe_line").head(5).collect()["kaohe_line"].to_list()
    zh, en = "、".join(map(str, lines)), ", ".join(map(str, lines))
    return UserError(
        f"{path.name} 第 {zh} 行:{error.zh}" if lines else f"{path.name}:{error.zh}",
        f"{path.name}, line {en}: {error.en}" if lines else f"{path.name}: {error.en}",
    )
