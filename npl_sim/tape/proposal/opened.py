"""A sheet with matched columns, its records apart from other rows, and its units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from npl_sim.tables.columns import Column, Notation
from npl_sim.tables.files import RawFile
from npl_sim.tape.amount_units import Stated, settle_units
from npl_sim.tape.cells import read_column
from npl_sim.tape.headers import Match
from npl_sim.tape.non_records import Split, split_rows
from npl_sim.tape.proposal.matching import Found
from npl_sim.tape.proposal.notation import typed_positions
from npl_sim.tape.proposal.seen import Seen
from npl_sim.tape.schema import Role
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.unit_rows import UnitRow, set_unit_row_apart

PLAIN_AMOUNT = Column("amount", "amount", "An amount.", "package currency", minimum=-1e15)


@dataclass(frozen=True)
class Opened:
    """A sheet that a proposal reads."""

    seen: Seen
    role: str
    found: Mapping[str, Found]
    items: Mapping[str, Found]
    """Columns of collateral in a loan list; empty: none."""
    rows: Split
    below: UnitRow
    units: Mapping[str, float] = field(default_factory=dict)
    """Canonical amount column, and `items.` before one of collateral, to its stated unit."""
    stated: frozenset[str] = frozenset()
    """Those of `units` that something states."""
    notes: tuple[str, ...] = ()
    """What the sheet itself settled on its units."""
    faults: tuple[str, ...] = ()
    """Why its units cannot be used."""

    @property
    def records(self) -> RawFile:
        """The records of the sheet."""
        return self.rows.records

    def header(self, at: int) -> str:
        """Return the header of a position."""
        return self.records.headers[at]

    def amounts(self, at: int, notation: Notation) -> np.ndarray:
        """Return the amounts of a column, in the unit of the column, 0 where empty or unread."""
        plain = replace(notation, amount_unit=1.0, currency="")
        read = read_column(PLAIN_AMOUNT, self.records.frame[at], plain)
        return np.nan_to_num(read.values.to_numpy(dtype=np.float64))


def positions(found: Mapping[str, Found]) -> set[int]:
    """Return the positions that matched columns read."""
    return {at for one in found.values() for at in one.positions}


def match_of(found: Mapping[str, Found]) -> Match:
    """Return matched columns as the reader has them."""
    return Match(
        {name: one.positions[0] for name, one in found.items()},
        (),
        {name: one.positions[1:] for name, one in found.items() if len(one.positions) > 1},
    )


def open_seen(
    seen: Seen, role: str, found: Mapping[str, Found], items: Mapping[str, Found]
) -> Opened:
    """Separate the records of a sheet from its totals, notes and unit row."""
    amounts = set(typed_positions(seen.table, ("loans", "collateral", role), "amount"))
    raw, below = set_unit_row_apart(seen.table, amounts)
    key = "loan_id" if "loan_id" in found else "collateral_id"
    return Opened(
        seen, role, found, items, split_rows(raw, found[key].positions[0], amounts), below
    )


def with_units(one: Opened, role: Role, spec: TapeSpec) -> Opened:
    """Return a sheet with the units that its headers, title, notes and unit row state."""
    raw = one.rows.with_notes()
    units: dict[str, float] = {}
    stated: set[str] = set()
    notes: list[str] = []
    faults: list[str] = []
    pairs: tuple[tuple[Role, str, Mapping[str, Found]], ...] = (
        (role, "", one.found),
        ("collateral", "items.", one.items),
    )
    for table, prefix, found in pairs:
        if found:
            settled = settle_units(
                raw, table, match_of(found), spec, Stated(False, False, one.below)
            )
            units |= {prefix + name: unit for name, unit in settled.match.units.items()}
            stated |= {prefix + name for name in settled.match.stated}
            notes += [note for note in settled.notes if note not in notes]
            faults += [fault for fault in settled.errors if fault not in faults]
    return replace(
        one, units=units, stated=frozenset(stated), notes=tuple(notes), faults=tuple(faults)
    )
