"""The section of the plan format's reference on data files, made from ``schemas.data_files`` and the reason codes."""

from collections.abc import Sequence

from schemas.data_files import INPUTS, KINDS, OUTPUTS, READING, DataFile
from schemas.reasons import REASONS


def data_section(lang: str) -> list[str]:
    """Return the section's blocks in ``zh`` or ``en``."""
    zh = lang == "zh"
    n = 0 if zh else 1
    blocks = ["## 数据文件" if zh else "## Data files"]
    blocks.append(
        "`kaohe score` 读入和写出的文件。粗体为必需的列。"
        if zh
        else "What `kaohe score` reads and writes. Bold columns are required."
    )
    blocks.append("\n".join(f"- {said[n]}" for said in READING))
    for file in INPUTS.values():
        blocks += _file(file, n)
        if file.name == "adjustments.csv":
            heads = ("kind", "作用", "必填") if zh else ("kind", "What it does", "Needs")
            rows = [(f"`{k}`", does[n], f"`{needs[n]}`" if needs[n] else "") for k, (does, needs) in KINDS.items()]
            blocks.append(table(heads, rows))
    for file in OUTPUTS.values():
        blocks += _file(file, n)
    blocks.append("### 原因代码 `reason_code`" if zh else "### Reason codes: `reason_code`")
    blocks.append(
        "同时有几个原因时,取下表中靠前的。"
        if zh
        else "Where several hold at once, the one that stands first here is kept."
    )
    code_heads = ("代码", "含义") if zh else ("Code", "Meaning")
    blocks.append(table(code_heads, [(f"`{code}`", said[n]) for code, said in REASONS.items()]))
    return blocks


def _file(file: DataFile, n: int) -> list[str]:
    heads = (("列", "含义"), ("Column", "Meaning"))[n]
    name = ", ".join(f"`{part}`" for part in file.name.split(", "))
    rows = [(f"**`{c}`**" if c in file.required else f"`{c}`", said[n]) for c, said in file.columns.items()]
    blocks = [f"### {name}:{file.title[0]}" if n == 0 else f"### {name}: {file.title[1].lower()}"]
    blocks.append("\n\n".join(said[n] for said in file.about))
    blocks.append(table(heads, rows))
    if file.example:
        blocks.append(f"```text\n{file.example}```")
    return blocks


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
