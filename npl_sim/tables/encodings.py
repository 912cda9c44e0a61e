"""Decode text files; refuse doubtful encodings and name those to try."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from npl_sim.core.errors import TableError

_COMMON_SHARE = 0.7
"""Share of common Chinese characters below which text is not GB18030."""

_LATE_SHARE = 0.05
"""Share of lead bytes from C9 on below which GB18030 text may be Korean."""

_SYLLABLES = frozenset(
    "이다는에의가고을지로기사하한대시리자인어아도부정해나과수전그은서일원제보동주상구성조장출채무금잔액품번호역연체담울경산"
)
"""Frequent syllables of Korean text, and of Korean loan tapes."""

_SYLLABLE_SHARE = 0.2
"""Share of frequent syllables above which text is Korean."""

_SAMPLE = 500_000  # [bytes]
_CUT = "it was cut in transfer; expected the whole file"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class _Pairs:
    """Two-byte characters, as GB18030 would read the text."""

    total: int
    """Characters that are not ASCII."""
    common: float
    """Share of common Chinese characters and punctuation among them."""
    late: float
    """Share of those with a lead byte from C9 on."""
    alone: float
    """Share of bytes above 7F that stand alone between ASCII bytes, as accented letters do."""


def _pairs(data: bytes) -> _Pairs:
    """Count the two-byte characters at the start of a text.

    Chinese text consists almost entirely of 3,755 common characters (lead byte B0-D7, trail A1-FE)
    and punctuation (lead A1-A3). Western text misread as GB18030 merges an accented letter and its
    neighbor into one character, which is nearly always another one. Korean text (EUC-KR) has lead
    bytes B0-C8 only, half of those in Chinese text.
    """
    common = late = total = 0
    i, end = 0, min(len(data), _SAMPLE)
    while i < end:
        lead = data[i]
        if lead < 0x80:
            i += 1
            continue
        trail = data[i + 1] if i + 1 < len(data) else 0
        total += 1
        common += trail >= 0xA1 and (0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3)
        late += 0xC9 <= lead <= 0xF7
        i += 4 if 0x30 <= trail <= 0x39 else 2
    head = data[:_SAMPLE]
    high = [b >= 0x80 for b in head]
    alone = sum(
        high[k] and not (k and high[k - 1]) and not (k + 1 < len(high) and high[k + 1])
        for k in range(len(high))
    )
    count = max(total, 1)
    return _Pairs(total, common / count if total else 1.0, late / count, alone / max(sum(high), 1))


def _line(data: bytes, at: int) -> int:
    return data[:at].count(b"\n") + 1


def _utf16_without_mark(data: bytes) -> str:
    """Return the UTF-16 encoding of unmarked text, found by the position of its NUL bytes."""
    head = data[:65536]
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    most, least = max(even, odd), min(even, odd)
    if most < 0.05 * half or least > 0.1 * most:
        return ""
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = head.decode(name, "replace")
    return name if "\n" in text or "\r" in text else ""


def _named(path: Path, data: bytes, encoding: str) -> str:
    """Decode a text file in the encoding that the study names."""
    try:
        info = codecs.lookup(encoding)
    except (LookupError, ValueError):
        raise TableError(
            f"{path}: no encoding is called {encoding!r}; expected auto, utf-8 or gb18030"
        ) from None
    if not getattr(info, "_is_text_encoding", True):
        raise TableError(
            f"{path}: {encoding!r} is no encoding of text; expected auto, utf-8 or gb18030"
        )
    marks = (*_MARKS, (codecs.BOM_UTF8, "utf-8"))
    marked = next(
        (name for mark, name in marks if data.startswith(mark)), ""
    ) or _utf16_without_mark(data)
    if marked and marked.split("-")[1] not in info.name.replace("-", "").removeprefix("utf"):
        raise TableError(f"{path}: is {marked} text, not {encoding}; expected encoding: auto")
    name = "utf-8-sig" if info.name == "utf-8" else encoding
    try:
        return data.decode(name).removeprefix("\ufeff")
    except UnicodeError as error:
        line = _line(data, getattr(error, "start", 0))
        raise TableError(
            f"{path}: line {line} is not {encoding} ({getattr(error, 'reason', error)}); "
            "expected another encoding, or encoding: auto"
        ) from None


def _marked(path: Path, data: bytes, encoding: str) -> str:
    """Decode UTF-16 or UTF-32 text."""
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeError:
        raise TableError(
            f"{path}: begins as {encoding.upper()} but is cut off or damaged; {_CUT}"
        ) from None


def _may_be_korean(data: bytes, pairs: _Pairs) -> bool:
    """Return whether GB18030 text may be Korean (EUC-KR)."""
    if pairs.late >= _LATE_SHARE:
        return False
    text = [ch for ch in data[:_SAMPLE].decode("euc_kr", "ignore") if ch > "\x7f"]
    return sum(ch in _SYLLABLES for ch in text) >= max(_SYLLABLE_SHARE * len(text), 1)


def _damaged_utf8(data: bytes) -> bool:
    """Return whether a text is UTF-8 except for a few bytes."""
    text = data[:_SAMPLE].decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    whole = sum(ch > "\x7f" for ch in text) - damaged
    return whole > 5 * damaged


def _refused(path: Path, data: bytes, at: int, pairs: _Pairs) -> TableError:
    """Return the error of a text with a doubtful encoding."""
    line = _line(data, at)
    if _damaged_utf8(data):
        return TableError(
            f"{path}: line {line} holds damaged bytes (0x{data[at]:02x}) in text that is "
            f"otherwise UTF-8; "
            "expected the file as its sender wrote it"
        )
    if pairs.alone > 0.4:
        names = "such as encoding: cp1252 (western Europe), cp1250 (central Europe) or mac_roman"
    else:
        names = (
            "such as encoding: big5 (traditional Chinese), gb18030, euc_kr, shift_jis or cp1251"
        )
    return TableError(
        f"{path}: line {line} is neither UTF-8 nor Chinese GB18030 text beyond doubt; "
        f"expected the encoding "
        f"to be named, {names}"
    )


def decode(path: Path, data: bytes, encoding: str) -> tuple[str, str]:
    """Decode a text file and return the encoding used.

    Parameters
    ----------
    path
        File, for messages.
    data
        Its bytes.
    encoding
        Encoding, or auto: UTF-8, UTF-16 (with or without a mark) or GB18030, where beyond doubt.

    Raises
    ------
    TableError
        If the bytes do not fit the encoding, or, under auto, fit none beyond doubt.
    """
    if encoding != "auto":
        return _named(path, data, encoding), encoding
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _marked(path, data, name), name
    if name := _utf16_without_mark(data):
        return _marked(path, data, name), name
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        at, cut = error.start, error.reason == "unexpected end of data"
    if cut and _damaged_utf8(data[:at] + b"\xff"):
        raise TableError(
            f"{path}: ends in the middle of a character in line {_line(data, at)}: {_CUT}"
        )
    pairs = _pairs(data)
    if pairs.common < _COMMON_SHARE or _may_be_korean(data, pairs) or _damaged_utf8(data):
        raise _refused(path, data, at, pairs)
    try:
        return data.decode("gb18030"), "gb18030"
    except UnicodeDecodeError as error:
        if error.reason == "incomplete multibyte sequence" and error.end >= len(data):
            raise TableError(
                f"{path}: ends in the middle of a character in line "
                f"{_line(data, error.start)}: {_CUT}"
            ) from None
        raise _refused(path, data, error.start, pairs) from None
