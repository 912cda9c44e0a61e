"""Loan tapes: read files into a clean loan table and report every finding."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npl_sim.tables.columns import Column
    from npl_sim.tables.findings import Finding, format_findings
    from npl_sim.tape.joins import Join
    from npl_sim.tape.quarantine import Ledger, Reconciliation, write_quarantine
    from npl_sim.tape.schema import COLLATERAL, GUARANTORS, LOANS
    from npl_sim.tape.spec import TapeSpec
    from npl_sim.tape.table import LoanTable, read_tape

_HOMES = {
    "COLLATERAL": "tape.schema",
    "Column": "tables.columns",
    "Finding": "tables.findings",
    "GUARANTORS": "tape.schema",
    "Join": "tape.joins",
    "LOANS": "tape.schema",
    "Ledger": "tape.quarantine",
    "LoanTable": "tape.table",
    "Reconciliation": "tape.quarantine",
    "TapeSpec": "tape.spec",
    "format_findings": "tables.findings",
    "read_tape": "tape.table",
    "write_quarantine": "tape.quarantine",
}
"""Module of each name, imported on first use: a deal reads no tape."""

__all__ = [
    "COLLATERAL",
    "GUARANTORS",
    "LOANS",
    "Column",
    "Finding",
    "Join",
    "Ledger",
    "LoanTable",
    "Reconciliation",
    "TapeSpec",
    "format_findings",
    "read_tape",
    "write_quarantine",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"npl_sim.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
