"""Masking of texts: messages, recorded commands and settings without names, ids and file names.

A message quotes values in quotation marks. A masked message states their kind and length instead,
and keeps terms of the program itself. File names, which have no quotation marks, are replaced
by the role of the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

ENDINGS = (
    "yaml",
    "yml",
    "csv",
    "tsv",
    "txt",
    "xls",
    "xlsx",
    "xlsm",
    "xlsb",
    "ods",
    "parquet",
    "html",
    "json",
)
"""File name extensions."""

_QUOTES = "'\""
_PSEUDONYM = re.compile(
    r"(loan|borrower|item|guarantor|group|agency|contract|study|column|vehicle|investor) \d+"
)
_FILE = re.compile(
    rf"[^\s'\"\[\](){{}}:;,=]+\.(?:{'|'.join(ENDINGS)})\b(?: ?\[[^\]\n]*\])?", re.IGNORECASE
)
_MASKED = re.compile(
    r"\((?:text|digits|number) of [\d,]+ characters?\)|\((?:file|loan|column|sheet|value|text)\)"
)
_PLACE = re.compile(r"(?<![\w/\\])(?:[A-Za-z]:[/\\]|~?/|\.\.?/)\w[\w.~+@%/\\-]*")


class Privacy:
    """Privacy options of the command that is running.

    Attributes
    ----------
    mask
        Whether names and ids are replaced.
    relative
        Whether paths are written relative to the run folder.
    """

    mask: ContextVar[bool] = ContextVar("mask", default=False)
    relative: ContextVar[bool] = ContextVar("relative", default=False)

    @staticmethod
    @contextmanager
    def of(mask: bool = False, relative: bool = False) -> Iterator[None]:
        """Add privacy options for as long as a ``with`` statement lasts."""
        first = Privacy.mask.set(Privacy.mask.get() or mask)
        second = Privacy.relative.set(Privacy.relative.get() or relative)
        try:
            yield
        finally:
            Privacy.mask.reset(first)
            Privacy.relative.reset(second)


def masked_value(text: str) -> str:
    """Return kind and length of a cell or a name, such as (text of 7 characters)."""
    if not text:
        return ""
    kind = "digits" if text.isdecimal() else "number" if _is_number(text) else "text"
    return f"({kind} of {len(text):,} character{'s' if len(text) > 1 else ''})"


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def _end_of_quote(text: str, start: int) -> int:
    """Return the position of the closing quotation mark, or of the end of the line."""
    mark, at = text[start], start + 1
    while at < len(text) and text[at] != "\n":
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == mark and not text[at + 1 : at + 2].isalnum():
            return at
        at += 1
    return min(at, len(text))


def masked_text(
    text: str, names: Mapping[str, str] | None = None, known: Collection[str] = ()
) -> str:
    """Mask a message: quoted values, file names, and other given names.

    Parameters
    ----------
    text
        The message.
    names
        Replacement of each name; the longest name is replaced first.
    known
        Quoted words to leave as they are, in addition to pseudonyms.
    """
    for name in sorted(names or {}, key=len, reverse=True):
        if name:
            text = _replaced(text, name, (names or {})[name])
    parts, at = [], 0
    while at < len(text):
        if not (text[at] in _QUOTES and not (at and text[at - 1].isalnum())):
            quote = next((i for i in range(at + 1, len(text)) if text[i] in _QUOTES), len(text))
            parts.append(_PLACE.sub("(file)", _FILE.sub("(file)", text[at:quote])))
            at = quote
            continue
        end = _end_of_quote(text, at)
        inner = text[at + 1 : end]
        keep = (
            not inner or inner in known or _PSEUDONYM.fullmatch(inner) or _MASKED.fullmatch(inner)
        )
        parts.append(text[at : end + 1] if keep else masked_value(inner))
        at = end + 1 if text[end : end + 1] != "\n" else end
    return "".join(parts)


def _replaced(text: str, name: str, by: str) -> str:
    """Return text with a whole name replaced, and a following sheet name in brackets."""
    ends = "" if name.endswith(os.sep) else r"(?!\w)(?: ?\[[^\]\n]*\])?"
    return re.sub(rf"(?<!\w){re.escape(name)}{ends}", lambda _: by, text)


def numbered(label: str, number: int, of: int) -> str:
    """Return the label of one of several files, such as loan file 2; one file has no number."""
    return label if of == 1 else f"{label} {number}"


def names_of_files(files: Mapping[str, Path | str | None]) -> dict[str, str]:
    """Map every form of a file name in messages to the label of the file, such as the study."""
    found: dict[str, str] = {}
    for label, file in files.items():
        if file is None:
            continue
        path = Path(file)
        for name in (str(file), str(path), os.path.abspath(path), os.path.realpath(path)):
            found.setdefault(name, label)
            # Messages may name other files in the same folder, or in a folder above.
            found |= {f"{folder}{os.sep}": "" for folder in Path(name).parents if folder.name}
        if path.suffix:
            found.setdefault(path.name, label)
    return found


def without_folders(text: str, files: Iterable[Path | str]) -> str:
    """Return a message with file names in place of paths below the folders of some files."""
    folders = {
        f"{folder}{os.sep}"
        for file in files
        for name in (str(file), os.path.abspath(file), os.path.realpath(file))
        for folder in Path(name).parents
        if folder.name
    }
    for folder in sorted(folders, key=len, reverse=True):
        text = re.sub(rf"(?<![\w/.]){re.escape(folder)}", "", text)
    return text


def pseudonyms(
    names: Iterable[str], word: str, taken: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return a pseudonym for each name: a word and a number. Pseudonyms in `taken` stay.

    Numbers follow the first appearance and do not disclose the name. A hash would disclose it to
    anyone who hashes all possible ids.
    """
    found = dict(taken or {})
    number = sum(value.startswith(f"{word} ") for value in found.values())
    for name in dict.fromkeys(names):
        if name not in found:
            number += 1
            found[name] = f"{word} {number}"
    return found


def masked_setting(value: Any) -> Any:
    """Mask the value of a setting: numbers and yes/no stay, texts and lists are replaced."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked_value(value) if isinstance(value, str) else "(value)"


def masked_command(arguments: Sequence[str]) -> list[str]:
    """Return a command with its options and numbers, without file names and other texts."""
    found = list(arguments[:2])
    for word in arguments[2:]:
        option, equals, value = word.partition("=")
        if word.startswith("-") and not _is_number(word):
            found.append(option + (f"={_shown(value)}" if equals else ""))
        elif equals and re.fullmatch(r"[\w.]+", option):  # the value of --set or --grid
            found.append(f"{option}={_shown(value)}")
        else:
            found.append(_shown(word))
    return found


def _shown(value: str) -> str:
    return (
        value
        if _is_number(value.rstrip("%")) or value in ("true", "false", "threads", "dask")
        else "(text)"
    )
