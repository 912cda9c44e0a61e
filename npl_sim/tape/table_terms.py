"""Terms of one table of a tape: files, sheet, headers and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from npl_sim.core.fields import Text

MAX_FILES = 200
"""Most files or sheets in one table."""

Scalar = str | int | float | bool
"""A constant of a study file."""

HeaderName = Annotated[str, Field(max_length=2000)]
Headers = HeaderName | tuple[HeaderName, ...] | None
"""Header of a column; several headers whose amounts add up; null leaves the column unread."""


def form_of(value: object) -> str:
    """Return whether a setting is given as a list or as one name."""
    return "list" if isinstance(value, list | tuple) else "file"


SheetNames = Annotated[
    Annotated[Text, Tag("file")]
    | Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_FILES), Tag("list")],
    Discriminator(form_of),
]
"""A sheet, or a list of sheets whose rows form one table."""


@dataclass(frozen=True)
class TableTerms:
    """Terms of one table of a tape."""

    paths: tuple[Path, ...]
    """Its files; empty: the tape has no such table."""
    sheet: str | tuple[str, ...] | None
    """Sheet or sheets of a workbook; defaults to the first."""
    header_row: int | None
    """Row of the headers; defaults to the first row with known headers. [row, from 1]"""
    headers: tuple[str, ...]
    """Headers of a file that has none, by position."""
    columns: Mapping[str, Headers]
    """Canonical column to its header."""
