"""Tables of cash in memory, read as files are; their first record counts as row 2."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from npl_sim.channels.outcome_table import outcomes_of
from npl_sim.core.errors import ChannelError, DealError, TableError
from npl_sim.securitization.cash_table import flows_of
from npl_sim.tables.cash_file import table_of_raw
from npl_sim.tables.files import RawFile, Source


def table_of_frame(frame, where, currency=""):
    """Return a table of cash."""
    cells = frame.reset_index(drop=True)
    cells.columns = pd.RangeIndex(len(frame.columns))
    rows = np.arange(2, len(frame) + 2, dtype=np.int64)
    source = Source("cash", where, hashlib.sha256(where.encode()).hexdigest(), len(frame))
    raw = RawFile(source, tuple(map(str, frame.columns)), cells, rows, 1)
    return table_of_raw(raw, where, currency)


def flows_of_table(table, month_zero=None, where="flows"):
    """Return the cash of a package."""
    try:
        return flows_of(table_of_frame(table, where), month_zero)
    except TableError as error:
        raise DealError(str(error)) from None


def outcomes_of_table(table, face, discount_rate, seed=0, where="outcomes"):
    """Return outcomes and notes."""
    try:
        return outcomes_of(table_of_frame(table, where), face, discount_rate, seed)
    except TableError as error:
        raise ChannelError(str(error)) from None
