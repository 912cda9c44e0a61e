"""The slow reference implementation of the engine, written from the text of docs/model.md.

It takes plain Python floats, one loan and one scenario at a time. Every payment has its reason.
Read the modules in the order of the sections of that page:

* 1: philox
* 2: conditions
* 3: tables
* 4: loan_path, with collect (4.1, 4.2), plan (4.3), litigate (4.4), title (4.5), enforce and
  auction (4.6)
* 5 and 6: package
"""

from .basics import fee, month, plain
from .conditions import Conditions, Factor, conditions_of, factor_paths, short_rate_path
from .loan_path import loan_path
from .loan_state import Entry, Final, Ledger, LoanInput
from .package import Package, PackageInput, loan_record, run_package, stage_by_month
from .philox import draw, philox4x32
from .tables import Tables, collection_tables

__all__ = [
    "Entry",
    "Factor",
    "Final",
    "Ledger",
    "LoanInput",
    "Package",
    "PackageInput",
    "Tables",
    "Conditions",
    "collection_tables",
    "draw",
    "factor_paths",
    "fee",
    "loan_record",
    "month",
    "philox4x32",
    "plain",
    "run_package",
    "short_rate_path",
    "stage_by_month",
    "loan_path",
    "conditions_of",
]
