"""Rules for the texts of the catalog `docs/messages.md`; spelling is one of the retired names."""

from __future__ import annotations

import re
from collections.abc import Iterator

REMEDY = re.compile(
    r"\b[Ee]xpected\b|; \{_?[A-Z]+\}$"
    r"|(?:[;.,:] |\bor |\band )(?:please )?"
    r"(?:use|write|run|move|remove|wait|install|report|look|save|name)\b"
    r"|\(\{\w+\}\)$|: \{\w+\}$",
)
"""An error says what was expected, what to do, or a reason from elsewhere at its end."""

_PAIRS = {")": "(", "]": "[", "}": "{"}


def unbalanced(text: str) -> bool:
    """Return whether brackets open or close without their other half."""
    opened: list[str] = []
    for c in text:
        if c in _PAIRS.values():
            opened.append(c)
        elif c in _PAIRS and (not opened or opened.pop() != _PAIRS[c]):
            return True
    return bool(opened)


def issues(text: str, kind: str) -> Iterator[str]:
    """Yield the rules that a text of the catalog breaks."""
    plain = re.sub(r"\{[^{}]*\}", "X", text)
    if unbalanced(plain):
        yield "a bracket without its other half"
    if re.search(r"\w [,;.](?![\w*.])|[,;:]{2}|(?<!\.)\.\.(?!\.)", plain):
        yield "punctuation"
    if kind == "error":
        if not REMEDY.search(text):
            yield "does not say what was expected, nor what to do"
        if re.search(r"[^.]\.$", plain) and not re.search(r"\. ", plain):
            yield "an error of one sentence ends without a full stop"
