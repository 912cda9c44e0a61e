"""Loan tapes: read files into a clean loan table and report every finding."""

from npl_sim.tables.columns import Column
from npl_sim.tables.findings import Finding, format_findings
from npl_sim.tape.joins import Join
from npl_sim.tape.quarantine import Ledger, Reconciliation, write_quarantine
from npl_sim.tape.schema import COLLATERAL, GUARANTORS, LOANS
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table import LoanTable, read_tape

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
