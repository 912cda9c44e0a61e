"""Forms of bank lists: how a bank writes its workbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.builders.bank_headers import UNITS

AMOUNTS = (
    "principal",
    "interest",
    "on",
    "off",
    "penalty",
    "fees",
    "gbv",
    "appraisal_value",
    "prior_liens",
)


@dataclass
class Form:
    """How a bank writes its list."""

    language: str = "zh"
    unit: float = 1e4
    unit_word: str = "万元"
    unit_at: str = "title"
    """title, header, row, or none."""
    split: bool = True
    """Whether interest has several columns."""
    total_column: bool = True
    dates: str = "text"
    """text, native, dmy (30/06/2026), or serial."""
    percent: str = "header"
    """header, sign, or plain (6.5)."""
    merged: bool = False
    totals: bool = True
    middle: bool = False
    footer: bool = True
    pivot: bool = False
    hidden: bool = False
    reverse: bool = False
    files: int = 1
    sheets: int = 1
    embedded: bool = False
    csv: bool = False
    duplicate: bool = False

    def __post_init__(self) -> None:
        if self.csv:
            self.merged = self.pivot = self.hidden = self.reverse = False
            self.sheets, self.dates = 1, "dmy" if self.language == "it" else "text"


def random_form(rng: np.random.Generator) -> Form:
    """Return a random form that a program can read without help, or ask about."""
    language = str(rng.choice(["zh", "zh", "it", "en", "eba"]))
    unit, word = UNITS[language][int(rng.integers(len(UNITS[language])))]
    chance = lambda p: bool(rng.random() < p)  # noqa: E731
    places = ["title", "header", "row", "none"] if unit != 1e8 else ["title", "header"]
    return Form(
        language,
        unit,
        word,
        str(rng.choice(places)),
        chance(0.6),
        chance(0.7),
        str(rng.choice(["text", "native", "dmy", "serial"])),
        str(rng.choice(["header", "sign", "plain"])),
        chance(0.3),
        chance(0.7),
        chance(0.3),
        chance(0.5),
        chance(0.3),
        chance(0.2),
        chance(0.3),
        int(rng.choice([1, 1, 1, 2])),
        int(rng.choice([1, 1, 1, 2])),
        chance(0.15),
        csv=language == "it" and chance(0.5),
    )


@dataclass
class Grid:
    """One table to write: its role, headers, and rows of cells."""

    role: str
    headers: list[str]
    fields: list[str]
    rows: list[list[Any]]
    part: int = 0
