"""Tables of a run folder with the bank's own columns of each loan and item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from npl_sim.tape.table import LoanTable


def bank_tables(table: LoanTable) -> dict[str, pd.DataFrame]:
    """Return the bank's own columns as text, beside the ids of the clean tape.

    Parameters
    ----------
    table
        A tape; a masked one shows pseudonyms, amounts, dates and known codes alone.

    Returns
    -------
    dict
        ``bank_loans``, and ``bank_collateral`` with one row per item; a header that is equal to
        the name of an id gets ``(bank)`` behind it.
    """
    found: dict[str, pd.DataFrame] = {}
    for role, ids in (("loans", ("loan_id",)), ("collateral", ("collateral_id", "loan_id"))):
        own = table.bank_columns(role)
        if own.shape[1] and len(own):
            rows = table.loans if role == "loans" else table.collateral
            own = own.rename(columns={name: f"{name} (bank)" for name in ids})
            for name in reversed(ids):
                own.insert(0, name, rows[name].astype("str"))
            found[f"bank_{role}"] = own
    return found
