"""The slow, obvious reference implementation of the engine, written from the words of
docs/model.md.

Plain Python floats, one loan and one scenario at a time, every payment with its reason. Read
it in the order of the contract: philox (1), world (2), tables (3), walk (4) with collect (4.1,
4.2), plan (4.3), litigate (4.4), title (4.5), enforce and auction (4.6), and package (5, 6).
"""

from .basics import fee, month, plain
from .book import Entry, Final, Ledger
from .package import Package, loan_record, run_package, stage_by_month
from .philox import draw, philox4x32
from .tables import Tables, collection_tables
from .walk import walk
from .world import Factor, World, factor_paths, short_rate_path, world_of

__all__ = [
    "Entry",
    "Factor",
    "Final",
    "Ledger",
    "Package",
    "Tables",
    "World",
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
    "walk",
    "world_of",
]
