"""Formatted numbers such as 0,12 or 12 %, and how to write them in YAML."""

from __future__ import annotations

import math
import re
import typing
import unicodedata
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from npl_sim.core.on_demand import model_in

SMALL = 10.0
"""Largest upper bound of a number that counts as a rate or a share, for which 12 would be
unlikely."""

_GROUPS = {
    ",": r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}",
    ".": r"[1-9]\d{0,2}(?:\.\d{3})+",
}
"""Digits in groups of three; with commas also those of India, of two after the first three."""


def readings(text: str) -> tuple[float, ...]:
    """Return the numbers that a text may mean, most likely first; empty if none.

    Parameters
    ----------
    text
        Such as ``0,12``, ``1.234,56``, ``1'234``, ``12 %`` or ``1,234``, which may be a thousand
        and more or one and more.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("\N{MINUS SIGN}", "-")
    scale = {"%": 100.0, "\u2030": 1000.0}.get(plain[-1:], 1.0)
    plain = plain.rstrip("%\u2030").strip()
    plain = re.sub(r"(?<=\d)[\s'\u2019_](?=\d{3}(?!\d))", "", plain)
    found = re.fullmatch(r"([+-]?)([\d.,]*\d[\d.,]*)([eE][+-]?\d{1,3})?", plain, re.ASCII)
    if found is None or len(plain) > 60:
        return ()
    sign, digits, power = found[1], found[2], found[3] or ""
    numbers = (float(f"{sign}{number}{power}") / scale for number in _numbers(digits))
    return tuple(n for n in numbers if math.isfinite(n))


def _numbers(digits: str) -> Iterator[str]:
    """Yield the plain spellings of digits with points and commas."""
    marks = [c for c in digits if c in ".,"]
    if not marks:
        yield digits
        return
    last = marks[-1]
    other = "," if last == "." else "."
    whole, _, part = digits.rpartition(last)
    if other in marks:  # 1.234,56 or 1,234.56
        if last not in marks[:-1] and re.fullmatch(_GROUPS[other], whole):
            yield f"{whole.replace(other, '')}.{part}"
        return
    if re.fullmatch(_GROUPS[last], digits) and (last == "," or len(marks) > 1):
        yield digits.replace(last, "")  # 1,234 or 1.234.567
    if len(marks) == 1:
        yield f"{whole or '0'}.{part or '0'}"  # 0,12


def bounds(info: FieldInfo | None) -> tuple[float, float]:
    """Return the smallest and largest number that a field accepts; infinite if unbounded."""
    low, high = float("-inf"), float("inf")
    parts = [] if info is None else [*info.metadata, *_metadata(info.annotation)]
    for part in parts:
        at_least = [getattr(part, name, None) for name in ("ge", "gt")]
        at_most = [getattr(part, name, None) for name in ("le", "lt")]
        low = max([low, *(float(b) for b in at_least if b is not None)])
        high = min([high, *(float(b) for b in at_most if b is not None)])
    return low, high


def _metadata(annotation: Any) -> Iterator[Any]:
    """Yield what is annotated inside an annotation: bounds, possibly inside fields."""
    if typing.get_origin(annotation) is typing.Annotated:
        for part in annotation.__metadata__:
            yield part
            yield from getattr(part, "metadata", ())
    for inner in typing.get_args(annotation):
        if not isinstance(inner, str):
            yield from _metadata(inner)


def advice(value: Any, info: FieldInfo | None = None, whole: bool = False) -> str:
    """Return how to write a formatted number in YAML, after a semicolon; empty if it is none.

    Parameters
    ----------
    value
        Value in the study.
    info
        The field that it is for, whose bounds settle what 1,234 means.
    whole
        Whether only whole numbers will do.
    """
    if isinstance(value, list | tuple) and len(value) == 2 and all(type(v) is int for v in value):
        value = f"{value[0]},{value[1]}"  # [0,12]: brackets do not make it a decimal number
    if not isinstance(value, str):
        return ""
    found = [n for n in readings(value) if not whole or n.is_integer()]
    low, high = bounds(info)
    found = [n for n in found if low <= n <= high] or found
    return f"; write {' or '.join(f'{n:.12g}' for n in found)}" if found else ""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that occur in an annotation."""
    model = model_in(annotation)
    if model is not None:
        yield model
    for inner in typing.get_args(annotation):
        yield from _models(inner)


def field_of(key: str) -> FieldInfo | None:
    """Return the field of a study that a dotted key names; None where there is none.

    Positions in lists, and names such as those of kinds of collateral, are passed over.
    """
    from npl_sim.study.model import Study  # imported late: a deal needs no study

    models: list[type[BaseModel]] = [Study]
    info: FieldInfo | None = None
    for part in key.split("."):
        found = [m.model_fields[part] for m in models if part in m.model_fields]
        if found:
            info = found[0]
            models = [m for f in found for m in _models(f.annotation)]
        elif info is None or (
            not part.isdecimal() and typing.get_origin(info.annotation) is not dict
        ):
            return None
    return info


def decimal_commas(key: str, text: str) -> str | None:
    """Return the decimal number that values between commas probably mean: ``0,12`` is 0.12.

    Only a key of rates or shares, whose largest value is at most 10, is judged. Two whole numbers
    count as one if the second exceeds the key's bounds. They also do if the first is 0 and the
    second is above 1 or begins with a 0.

    Parameters
    ----------
    key
        Dotted key of a study.
    text
        Its values, with commas between them.

    Returns
    -------
    str or None
        The number; None if the values are plausible.
    """
    info = field_of(key)
    low, high = bounds(info)
    if info is None or high > SMALL or any(c in text for c in "[]{}'\""):
        return None
    tokens = [token.strip() for token in text.split(",")]
    for first, second in zip(tokens, tokens[1:], strict=False):
        if not (
            re.fullmatch(r"[+-]?\d", first, re.ASCII)
            and re.fullmatch(r"\d{1,12}", second, re.ASCII)
        ):
            continue
        joined = f"{first}.{second}"
        zero = first.strip("+-") == "0"
        beyond = float(second) > high
        odd = zero and (float(second) > 1.0 or (len(second) > 1 and second.startswith("0")))
        if low <= float(joined) <= high and (beyond or odd):
            return joined
    return None
