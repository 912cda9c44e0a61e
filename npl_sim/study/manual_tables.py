"""Estimates of experts, manual cash and overrides from table files, with the place of each cell.

Headers and codes are known in English and Chinese. A file that a study names is read into rows,
so that the study holds them and its hash depends on them alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from npl_sim.core.confinement import check_inside
from npl_sim.core.errors import StudyError, TableError, escaped, quoted
from npl_sim.core.fields import Spec
from npl_sim.study.manual_headers import CHINESE_HEADERS, CODES, MODELS, SHEETS
from npl_sim.study.messages import kind_of
from npl_sim.study.yaml_places import Source
from npl_sim.study.yaml_source import plain_data, tree_of
from npl_sim.tables.body import Request
from npl_sim.tables.cell_types import CellError, cell_text
from npl_sim.tables.files import RawFile, read_raw
from npl_sim.tables.limits import file_bytes
from npl_sim.tables.xlsx_package import UNREADABLE, Package

__all__ = ["fill_manual_tables", "manual_rows"]

TEXTS = {"id", "loan", "key", "author", "note", "scope", "recovery_unit", "cost_unit", "route"}
"""Columns that hold text even where a cell holds a number."""

MOST_GIB = 0.5
"""Most memory that reading a table may take. [GiB]"""

_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def _plain(header: str) -> str:
    return re.sub(r"[\s_\-]+", "", header).casefold()


def _names(model: type[Spec]) -> dict[str, str]:
    """Return the column by each spelling of its header."""
    spellings = {_plain(name): name for name in model.model_fields}
    return spellings | {_plain(CHINESE_HEADERS[name]): name for name in model.model_fields}


def _sheet(section: str, path: Path) -> str | None:
    """Return the sheet of a workbook that bears the name of a section; none if no sheet does."""
    try:
        names = [s.name for s in Package(file_bytes(path, MOST_GIB)).sheets if s.cells]
    except UNREADABLE:
        return None
    wanted = {_plain(name) for name in SHEETS[section]}
    return next((name for name in names if _plain(name) in wanted), None)


def _value(column: str, cell: Any, place: str) -> Any:
    """Return a cell as plain data.

    Raises
    ------
    StudyError
        If it shows an error of a spreadsheet, or is a value that YAML cannot read.
    """
    if isinstance(cell, CellError):
        raise StudyError([f"{place}: got {quoted(str(cell))}; expected a value"])
    text = cell_text(cell)
    if column in CODES:
        return CODES[column].get(text, text.casefold())
    if column in TEXTS or isinstance(cell, date):
        return text
    if isinstance(cell, bool | np.bool_):
        return bool(cell)
    if isinstance(cell, int | float | np.number):
        return float(cell)
    if column == "date":
        return text.replace("/", "-")
    if text.endswith(("%", "\uff05")):
        try:
            return float(f"{float(text[:-1].strip()) / 100.0:.15g}")
        except ValueError:
            return text
    if _GROUPED.fullmatch(text):
        return float(text.replace(",", ""))
    if column == "value":
        try:
            return plain_data(tree_of(text, "value"), (), place, Source())
        except StudyError:
            raise StudyError([f"{place}: got {quoted(text)}; expected a value of YAML"]) from None
    return text


def manual_rows(section: str, path: Path, sheet: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Read the rows of a section from a table file.

    Parameters
    ----------
    section
        `experts`, `manual_cash` or `overrides`.
    path
        Workbook or text file.
    sheet
        Sheet of a workbook; defaults to the one that bears the section's name, else the first.

    Returns
    -------
    list
        Place and plain data of each row that is not blank.

    Raises
    ------
    TableError
        If the file cannot be read, or a header is unknown or missing.
    StudyError
        If a cell cannot be read.
    """
    model = MODELS[section]
    known = _names(model)
    raw = read_raw(
        section,
        path,
        Request(
            known=lambda headers: sum(_plain(h) in known for h in headers),
            sheet=sheet or _sheet(section, path),
            may_be_empty=True,
        ),
    )
    for finding in raw.findings:
        if finding.severity == "error":
            raise TableError(f"{path}: row {finding.row}: {finding.value}; {finding.expected}")
    return _rows(raw, _columns(raw, model, known))


def _columns(raw: RawFile, model: type[Spec], known: Mapping[str, str]) -> dict[int, str]:
    """Return the column of each position; refuse headers that are unknown, double or missing.

    Raises
    ------
    TableError
        If there is such a header.
    """
    where = f"{raw.source.file}, row {raw.header_row}"
    found: dict[int, str] = {}
    for at, header in enumerate(raw.headers):
        if not header.strip():
            continue
        name = known.get(_plain(header))
        if name is None or name in found.values():
            fault = "is unknown" if name is None else f"gives {name} a second time"
            raise TableError(
                f"{where}: header {quoted(header)} {fault}; expected each once of: "
                f"{', '.join(model.model_fields)}"
            )
        found[at] = name
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    missing = [name for name in needed if name not in found.values()]
    if missing:
        raise TableError(f"{where}: no header {', '.join(missing)}; expected all of these")
    return found


def _rows(raw: RawFile, columns: Mapping[int, str]) -> list[tuple[str, dict[str, Any]]]:
    """Return place and plain data of each row, without its blank cells."""
    errors: list[str] = []
    rows = []
    for n, number in enumerate(raw.rows.tolist()):
        place = escaped(f"{raw.source.file}, row {number}")
        found: dict[str, Any] = {}
        for at, name in columns.items():
            cell = raw.frame[at].iloc[n]
            if cell_text(cell):
                try:
                    found[name] = _value(name, cell, f"{place}, column {raw.headers[at]}")
                except StudyError as error:
                    errors.extend(error.errors)
        if found:
            rows.append((place, found))
    if errors:
        raise StudyError(errors)
    return rows


def fill_manual_tables(data: dict[str, Any], folder: Path, source: Source) -> list[str]:
    """Replace files that the sections name by their rows; return the errors.

    Parameters
    ----------
    data
        Plain data of the study.
    folder
        Folder to which file names are relative.
    source
        Places of the values, to which those of the rows are added.
    """
    errors: list[str] = []
    for section in MODELS:
        given = data.get(section)
        terms = {"rows": given} if isinstance(given, list) else given if given else {}
        if not isinstance(terms, dict):
            continue
        where = f"{source.place((section, 'file'))}: {section}.file"
        name, sheet = terms.get("file"), terms.get("sheet") or ""
        if name is not None and terms.get("rows"):
            errors.append(f"{where}: is given beside rows; expected one of the two")
        elif not isinstance(name, str | None) or not isinstance(sheet, str):
            errors.append(f"{where}: got a {kind_of(name)}; expected the name of a file")
        else:
            files = [] if name is None else [(folder / name, sheet)]
            files += _of_inputs(section, data, folder, files)
            found = _read_all(section, files, where, source, errors)
            rows = [*(terms.get("rows") or ()), *(row for _, row in found)]
            if name is None and not found:
                continue
            rest = {key: value for key, value in terms.items() if key not in ("file", "sheet")}
            data[section] = {**rest, "rows": rows}
            first = len(rows) - len(found)
            for n, (place, _) in enumerate(found, first):
                source.places[section, "rows", n] = place
    return errors


def _of_inputs(
    section: str, data: Mapping[str, Any], folder: Path, files: list[tuple[Path, str]]
) -> list[tuple[Path, str]]:
    """Return the sheet of a section in the workbook of inputs, unless the study names it."""
    name = data.get("inputs")
    if not isinstance(name, str) or any(path == folder / name for path, _ in files):
        return []
    try:
        sheet = _sheet(section, folder / name)
    except TableError:
        return []  # `inputs.apply` has refused the workbook
    return [] if sheet is None else [(folder / name, sheet)]


def _read_all(
    section: str, files: list[tuple[Path, str]], where: str, source: Source, errors: list[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows of the files of a section; add to the errors."""
    found: list[tuple[str, dict[str, Any]]] = []
    for path, sheet in files:
        try:
            check_inside(path, where)
            source.files.append(path)
            found += manual_rows(section, path, sheet)
        except TableError as error:
            errors.append(f"{where}: {error}")
        except StudyError as error:
            errors += error.errors
    return found
