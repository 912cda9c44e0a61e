"""Sheet of a tape: matched headers, and rows split into records, totals and footers."""

from __future__ import annotations

from dataclasses import dataclass

from npl_sim.tables.files import RawFile
from npl_sim.tape.headers import Match
from npl_sim.tape.non_records import Split
from npl_sim.tape.schema import Role


@dataclass(frozen=True)
class Sheet:
    """A table with matched headers and rows split by type."""

    role: Role
    """The table."""
    rows: Split
    """Its rows by what they are."""
    match: Match
    items: Match | None = None
    """Where its columns stand, and the collateral columns of a loan file."""
    notes: tuple[str, ...] = ()
    """What the file settled by itself."""
    parts: tuple[Sheet, ...] = ()
    """The files of a table that lies in several; empty: one file."""

    @property
    def files(self) -> tuple[Sheet, ...]:
        """The files of the table, each as a table."""
        return self.parts or (self,)

    @property
    def records(self) -> RawFile:
        """The records of the file."""
        return self.rows.records

    @property
    def totals(self) -> RawFile:
        """The lines of totals of the file."""
        return self.rows.totals
