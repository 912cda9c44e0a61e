"""Compare the files of one table: columns, units and currencies that only some of them state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from npl_sim.tables.findings import Finding
from npl_sim.tape.absent import MINOR
from npl_sim.tape.parsed import Parsed
from npl_sim.tape.sheets import Sheet
from npl_sim.tape.spec import TapeSpec

FAR_APART = 300.0
"""Ratio of the median balances of two files above which their units probably differ."""
_GAP = 10.0
"""Ratio of one file's smallest to another's largest balance that confirms it."""
_LEAST_ROWS = 3
"""Fewest rows with a balance for which a file is compared. [rows]"""

_BALANCES = {
    "loans": ("gbv", "principal"),
    "collateral": ("appraisal_value",),
    "guarantors": ("cap",),
}
"""Amounts by which files are compared; the first one that all of them have is used."""


def currency_errors(files: Sequence[Sheet]) -> list[str]:
    """Return why amounts of several files cannot be combined: conflicting currency statements."""
    if not any("currency" in file.match.at for file in files):
        return []
    errors = []
    first = files[0]
    for file in files[1:]:
        for name in {*first.match.currencies} & {*file.match.currencies}:
            here, there = file.match.currencies[name], first.match.currencies[name]
            if here != there:
                errors.append(
                    f"{file.records.source.file}: headers or titles give {name} in "
                    f"{here or 'no currency'}, those of "
                    f"{first.records.source.file} in {there or 'no currency'}, beside a "
                    f"column of currencies; expected the same in all files"
                )
    return errors


def check_files(sheet: Sheet, parsed: Parsed, spec: TapeSpec) -> Iterator[Finding]:
    """Yield differences among the files of a table, which no single file shows.

    Parameters
    ----------
    sheet
        The table.
    parsed
        Its rows as read.
    spec
        Terms of the tape.
    """
    if not sheet.parts:
        return
    yield from _columns(sheet, spec)
    yield from _units(sheet)
    yield from _magnitudes(sheet, parsed)


def _about(file: Sheet, severity: str, column: str, expected: str, name: str) -> Finding:
    row = (file.records.header_row,)
    where = file.records.source.file
    return Finding(
        "error" if severity == "error" else "warning",
        where,
        column,
        expected,
        1,
        row,
        ("",),
        name,
        message=expected,
    )


def _columns(sheet: Sheet, spec: TapeSpec) -> Iterator[Finding]:
    """Report columns that only some files of a table have."""
    filled = [file for file in sheet.parts if len(file.records.rows)]
    constants = spec.defaults if sheet.role == "loans" else {}
    for kind in ("match", "items"):
        matches = [getattr(file, kind) for file in filled]
        names = dict.fromkeys(n for match in matches if match is not None for n in match.at)
        for name in names:
            with_it = next(
                f for f, m in zip(filled, matches, strict=True) if m is not None and name in m.at
            ).records.source.file
            for file, match in zip(filled, matches, strict=True):
                if (match is not None and name in match.at) or name in constants:
                    continue
                expected = (
                    f"no column for {name}, which {with_it} has; expected it in each file "
                    f"of a table: its rows count "
                    "as empty there"
                )
                yield _about(
                    file, "warning" if name in MINOR else "error", name, expected, f"files.{name}"
                )


def _units(sheet: Sheet) -> Iterator[Finding]:
    """Report units that only some files of a table state."""
    filled = [file for file in sheet.parts if len(file.records.rows)]
    for name in dict.fromkeys(n for file in filled for n in file.match.units):
        units = {
            f.records.source.file: (f, f.match.units[name])
            for f in filled
            if name in f.match.units
        }
        stated = {file: unit for file, (f, unit) in units.items() if name in f.match.stated}
        silent = [
            (file, f, unit) for file, (f, unit) in units.items() if name not in f.match.stated
        ]
        for file, sheet_of, unit in silent:
            other = next((o for o, u in stated.items() if u != unit), None)
            if other is not None:
                expected = (
                    f"no unit of {name} is stated, while {other} states one of "
                    f"{stated[other]:,g}; expected one in each "
                    f"file: {unit:,g} was used for {file}"
                )
                yield _about(sheet_of, "error", name, expected, "files.unit")


def _magnitudes(sheet: Sheet, parsed: Parsed) -> Iterator[Finding]:
    """Report files whose balances are far from those of all others."""
    part = parsed.raw.part
    name = next((n for n in _BALANCES[sheet.role] if n in parsed.places), None)
    if name is None:
        return
    values = parsed.frame[name].to_numpy(dtype=np.float64)
    balances_of = [
        (file, values[(part == i) & (values > 0.0)]) for i, file in enumerate(sheet.parts)
    ]
    balances_of = [(file, own) for file, own in balances_of if len(own) >= _LEAST_ROWS]
    if len(balances_of) < 2:
        return
    low = min(balances_of, key=lambda pair: float(np.median(pair[1])))
    high = max(balances_of, key=lambda pair: float(np.median(pair[1])))
    ratio = float(np.median(high[1]) / np.median(low[1]))
    if ratio >= FAR_APART and high[1].min() >= _GAP * low[1].max():
        expected = (
            f"a median {name} of {np.median(low[1]):,.2f}, while that of "
            f"{high[0].records.source.file} is "
            f"{np.median(high[1]):,.2f}; expected one unit in all files: state "
            f"tape.column_units or units in headers"
        )
        yield _about(low[0], "error", name, expected, "files.size")
