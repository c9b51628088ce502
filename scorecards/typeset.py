"""Chinese punctuation as it is printed: full width beside Chinese characters. Data files keep the text as given."""

import re

_CJK = "\u3400-\u9fff\u3001-\u301f“”‘’（）"
_WIDE = {",": "，", ":": "：", ";": "；", "!": "！", "?": "？"}
_MARK = re.compile(rf"(?<=[{_CJK}])[,:;!?]\s?|[,:;!?](?=[{_CJK}])")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_CHINESE = re.compile("[\u3400-\u9fff]")


def typeset(text: str, lang: str = "zh") -> str:
    """Return the text with Chinese punctuation where it stands beside Chinese; other languages stay as they are."""
    if lang != "zh" or text.isascii():
        return text

    def brackets(match: re.Match[str]) -> str:
        before = text[match.start() - 1 : match.start()]
        wide = _CHINESE.search(match[1]) or _CHINESE.search(before)
        return f"（{match[1]}）" if wide else match[0]

    return _MARK.sub(lambda m: _WIDE[m[0][0]], _BRACKETS.sub(brackets, text))
