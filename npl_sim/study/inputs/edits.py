"""Edited cells of the workbook of inputs, as values of a study."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from npl_sim.core.errors import StudyError, counted, quoted
from npl_sim.study.inputs.keys import UnknownKeyError, path_of
from npl_sim.study.inputs.layout import (
    AS_READ,
    ASSUMPTIONS,
    CODES,
    MAPPING,
    MISSING,
    MUST,
    NOT_READ,
    QUESTIONS,
    plain,
)
from npl_sim.study.inputs.sheet_rows import InputRow, InputWorkbook
from npl_sim.study.yaml_places import Path_
from npl_sim.tape.schema import SCHEMAS, column_names
from npl_sim.tape.units import plain_statement

COLUMNS = {
    "loans": "columns",
    "collateral": "collateral_columns",
    "guarantors": "guarantor_columns",
}
"""Key of `tape` that maps the columns of a table."""

CONFIRMED = ("tape", "confirmed")

_SAME = 1e-12
"""Largest relative difference of numbers that are equal: a spreadsheet keeps 15 digits."""

_SUM = re.compile(r"\s\+\s|\s*\uff0b\s*|\n")
"""What stands between headers whose amounts add up."""


@dataclass(frozen=True)
class InputEdit:
    """A value of a study that a user put into the workbook."""

    path: Path_
    """Keys and positions in the study."""
    value: Any
    """The value."""
    place: str
    """File, sheet, row and column of the cell."""
    row: InputRow
    """Its row."""
    adds: bool = False
    """Whether the value is added to a list."""

    @property
    def origin(self) -> str:
        """The place with owner, date and source, as far as the row states them."""
        about = [self.row.text(key) for key in ("owner", "date", "source")]
        facts = ", ".join(text for text in about if text)
        return f"{self.row.place} ({facts})" if facts else self.row.place


def edits_of(book: InputWorkbook, data: Any, tape_only: bool = False) -> list[InputEdit]:
    """Return the edited cells of a workbook; an untouched workbook has none.

    Parameters
    ----------
    book
        The workbook.
    data
        Plain data of the study before them.
    tape_only
        Whether only cells on how the tape is read are wanted.

    Raises
    ------
    StudyError
        With every error, each naming file, sheet, row, column, value and what was expected.
    """
    found: dict[tuple[Path_, str], InputEdit] = {}
    errors: list[str] = []
    readers = (
        (MAPPING, _mapping),
        (CODES, _codes),
        (QUESTIONS, _answers),
        (ASSUMPTIONS, _assumption),
    )
    for sheet, read in readers[: 3 if tape_only else 4]:
        try:
            for row in book.rows(sheet):
                try:
                    for edit in read(row, data):
                        _add(found, edit)
                except StudyError as error:
                    errors += error.errors
        except StudyError as error:
            errors += error.errors
    if not errors and not tape_only:
        errors = _unanswered(book, {path for path, _ in found})
    if errors:
        raise StudyError(errors)
    return [edit for edit in found.values() if edit.path[0] == "tape" or not tape_only]


def _unanswered(book: InputWorkbook, edited: Collection[Path_]) -> list[str]:
    """Return an error for each question that must be answered and that no cell settles.

    Readings that a study confirms are left out: the tape itself stops on them.
    """
    errors = []
    for row in book.rows(QUESTIONS):
        if row.text("kind") != MUST or row.text("answer"):
            continue
        answers: dict[str, Any] = json.loads(row.text("settings") or "{}")
        paths = {
            where
            for one in answers.values()
            for section in ("tape", "study")
            for key, value in one.get(section, {}).items()
            for where, _ in _leaves(("tape", key) if section == "tape" else (key,), value)
        }
        if all(one.get("confirms") for one in answers.values()) or paths & set(edited):
            continue
        errors.append(
            f"{row.place_of('answer')}: got nothing; {row.text('id')} must be answered: expected "
            f"one of {', '.join(map(quoted, answers))}"
        )
    return errors


def _add(found: dict[tuple[Path_, str], InputEdit], edit: InputEdit) -> None:
    key = (edit.path, str(edit.value) if edit.adds else "")
    earlier = found.get(key)
    if earlier is not None and earlier.value != edit.value:
        raise StudyError(
            [f"{edit.place}: got {quoted(edit.value)}, and row {earlier.row.number} of sheet "
             f"{earlier.row.sheet} has {quoted(earlier.value)} for the same key; expected one"]
        )  # fmt: skip
    found[key] = edit


def is_edited(row: InputRow) -> bool:
    """Return whether an assumption differs from the value of the base beside it."""
    value = row.value("value")
    return value is not None and not is_same(value, row.value("base"))


def is_same(one: Any, other: Any) -> bool:
    """Return whether two cells hold the same value, up to the digits of a spreadsheet."""
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in (one, other)]
    if all(numbers):
        return math.isclose(one, other, rel_tol=_SAME, abs_tol=0.0)
    if any(numbers) or one is None or other is None:
        return False
    return str(one).strip().casefold() == str(other).strip().casefold()


def _assumption(row: InputRow, data: Any) -> Iterator[InputEdit]:
    if not is_edited(row):
        return
    try:
        path = path_of(data, row.text("key"))
    except UnknownKeyError as error:
        raise StudyError([f"{row.place_of('key')}: {error}"]) from None
    yield InputEdit(path, row.value("value"), row.place_of("value"), row)


def _table_and_field(row: InputRow) -> tuple[str, str]:
    table, field = row.text("table"), row.text("field")
    if table not in COLUMNS:
        raise StudyError(
            [f"{row.place_of('table')}: got {quoted(table)}; expected {', '.join(COLUMNS)}"]
        )
    known = column_names(table)  # type: ignore[arg-type]
    if field not in known:
        raise StudyError(
            [f"{row.place_of('field')}: got {quoted(field)}; expected one of {', '.join(known)}"]
        )
    return table, field


def _mapping(row: InputRow, data: Any) -> Iterator[InputEdit]:
    choice, unit = row.text("choice"), row.value("choice_unit")
    if not choice and unit is None:
        return
    table, field = _table_and_field(row)
    if choice:
        headers = [h.strip() for h in _SUM.split(choice) if h.strip()]
        read: Any = headers if len(headers) > 1 else headers[0]
        if plain(choice) in map(plain, NOT_READ):
            read = None
        yield InputEdit(("tape", COLUMNS[table], field), read, row.place_of("choice"), row)
    if unit is not None:
        yield InputEdit(
            ("tape", "column_units", field), _unit(row, unit), row.place_of("choice_unit"), row
        )


def _unit(row: InputRow, unit: Any) -> float:
    if isinstance(unit, str):
        stated = plain_statement(unit).unit
        if stated is None:
            raise StudyError(
                [f"{row.place_of('choice_unit')}: got {quoted(unit)}; expected a number or a "
                 "unit such as 10000, 万元 or EUR thousand"]
            )  # fmt: skip
        return float(stated)
    return float(unit)


def _codes(row: InputRow, data: Any) -> Iterator[InputEdit]:
    value = row.value("choice")
    if value is None:
        return
    field = row.text("field")
    kinds = {c.name: c.type for schema in SCHEMAS.values() for c in schema}
    if field not in kinds:
        raise StudyError(
            [f"{row.place_of('field')}: got {quoted(field)}; expected one of {', '.join(kinds)}"]
        )
    whole = isinstance(value, float) and value.is_integer()
    read = value if kinds[field] == "number" or not whole else f"{value:.0f}"
    yield InputEdit(
        ("tape", "value_map", field, row.text("code")), read, row.place_of("choice"), row
    )


def _answers(row: InputRow, data: Any) -> Iterator[InputEdit]:
    answer = row.text("answer")
    if not answer or row.text("kind") == MISSING:
        return
    place = row.place_of("answer")
    try:
        answers: dict[str, Any] = json.loads(row.text("settings") or "{}")
    except ValueError:
        raise StudyError(
            [f"{row.place_of('settings')}: got {quoted(row.text('settings'))}; expected the "
             "settings that npl-sim init wrote: run it again"]
        ) from None  # fmt: skip
    chosen = _chosen(answer, row.text("default"), answers)
    if chosen is None:
        raise StudyError(
            [
                f"{place}: got {quoted(answer)}; expected one of "
                f"{', '.join(map(quoted, dict.fromkeys((AS_READ[0], *answers))))}"
            ]
        )
    for name in chosen.get("confirms", ()):
        yield InputEdit(CONFIRMED, name, place, row, adds=True)
    for section, settings in (("tape", chosen.get("tape", {})), ("", chosen.get("study", {}))):
        for key, value in settings.items():
            path = (section, key) if section else (key,)
            for where, one in _leaves(path, value):
                yield InputEdit(where, one, place, row)


def _leaves(path: Path_, value: Any) -> Iterator[tuple[Path_, Any]]:
    """Yield the values below a setting: mappings are merged key by key."""
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _leaves((*path, str(name)), one)
    else:
        yield path, value


def _chosen(answer: str, default: str, answers: dict[str, Any]) -> Any:
    """Return what an answer sets; None if no answer of the sheet is meant."""
    by_name = {plain(key): settings for key, settings in answers.items()}
    by_name |= {plain(s["text"]): s for s in answers.values() if s.get("text")}
    read = plain(default.partition(":")[0])
    if plain(answer) in map(plain, AS_READ) and plain(answer) not in by_name:
        return by_name.get(read, next(iter(answers.values()), None))
    return by_name.get(plain(answer.partition(":")[0]), by_name.get(plain(answer)))


def summary(edits: list[InputEdit]) -> str:
    """Return how many cells of each sheet count, in one line."""
    if not edits:
        return "no cell was edited: the workbook changes nothing"
    sheets: dict[str, set[int]] = {}
    for edit in edits:
        sheets.setdefault(edit.row.sheet, set()).add(edit.row.number)
    return ", ".join(f"{counted(len(rows), 'row')} of sheet {s}" for s, rows in sheets.items())
