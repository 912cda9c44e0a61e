"""Parts of a printed page: headline, reasons, blocks, note."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class Html(str):
    """Text that is markup already and is not escaped again."""

    def __html__(self) -> str:
        """Return the markup, for the template engine."""
        return self


def escape(value: Any) -> Html:
    """Return a value as markup; markup stays as it is."""
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def joined(parts: Iterable[Any], between: str = "") -> Html:
    """Return markup from parts; what is not markup is escaped."""
    return Html(between.join(escape(part) for part in parts))


def bold(value: Any) -> Html:
    """Return a value in bold."""
    return Html(f"<b>{escape(value)}</b>")


def gray(value: Any) -> Html:
    """Return a value in the color of secondary text."""
    return Html(f'<span class="mut">{escape(value)}</span>')


def accent(value: Any) -> Html:
    """Return a value in the accent color."""
    return Html(f'<b class="acc">{escape(value)}</b>')


@dataclass(frozen=True)
class Block:
    """Chart or table with its title."""

    body: Html
    """The chart or table."""
    title: str = ""
    """What it shows."""
    subtitle: str = ""
    """Unit, and what bands or colors mean."""
    widths: str = ""
    """Empty; it tells a block from `Columns` in the template."""


@dataclass(frozen=True)
class Columns:
    """Blocks side by side; each item of `blocks` is one column from top to bottom."""

    blocks: tuple[tuple[Block, ...], ...]
    """Blocks by column."""
    widths: str
    """Widths of the columns, as for ``grid-template-columns`` of CSS."""


@dataclass(frozen=True)
class Page:
    """One printed page."""

    headline: str
    """One sentence with the finding and its number, made by rule from the numbers."""
    reasons: Html
    """Two or three sentences below the headline."""
    blocks: tuple[Block | Columns, ...]
    """Charts and tables from top to bottom."""
    note: str = ""
    """What is counted and what is not, at the foot."""
