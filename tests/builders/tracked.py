"""Packages whose cash came: loan cash of single scenarios, and files of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.engine.cell_cash import cell_cash
from npl_sim.runs.study_session import load_study
from npl_sim.runs.synthetic_tape import write_synthetic_tape
from npl_sim.tables.periods import month_anniversary
from npl_sim.tape.cash_file.account import ActualCash, account_of
from npl_sim.tape.cash_file.layout import route_of_kind

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "configs" / "studies" / "first_package.yaml"
START = date(2026, 6, 30)
KINDS = [kind.name.lower() for kind in Kind]


def package(folder: Path, loans: int = 60, **settings):
    """Return a study of synthetic loans."""
    write_synthetic_tape(folder / "tape", loans, 5, START, True)
    tape = {
        "tape.loans": folder / "tape/package.csv",
        "tape.collateral": folder / "tape/package_collateral.csv",
        "tape.guarantors": folder / "tape/package_guarantors.csv",
    }
    size = {"simulation.scenarios": 300, "simulation.horizon_months": 36}
    changes = {key.replace("__", "."): value for key, value in settings.items()}
    return load_study(STUDY, {**{k: str(v) for k, v in tape.items()}, **size, **changes})


def loan_cash(session, elapsed: int) -> np.ndarray:
    """Return the cash of months 1 to `elapsed`, shape (scenarios, loans, kinds, elapsed)."""
    table = session.table
    blocks = cell_cash(session.study, table, np.arange(len(table.loans)))
    return np.concatenate([block.cash[..., 1 : elapsed + 1] for block in blocks])


def cash_rows(session, cash: np.ndarray) -> pd.DataFrame:
    """Return the payments of one scenario in whole cents: loan, date, amount, kind."""
    loan, kind, month = np.nonzero(np.rint(cash * 100.0))
    ids = session.table.loans["loan_id"].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "loan_id": ids[loan],
            "date": [month_anniversary(START, int(m) + 1).isoformat() for m in month],
            "amount": np.rint(cash[loan, kind, month] * 100.0) / 100.0,
            "kind": [KINDS[k] for k in kind],
        }
    )


def actual_cash(session, cash: np.ndarray) -> ActualCash:
    """Return the cash of one scenario without a file."""
    loan, kind, month = np.nonzero(cash)
    ids = session.table.loans["loan_id"].to_numpy(dtype=object)
    names = pd.Series([KINDS[k] for k in kind], dtype=object)
    rows = pd.DataFrame(
        {
            "row": np.arange(len(loan)),
            "loan_id": ids[loan],
            "month": month + 1,
            "cents": np.rint(cash[loan, kind, month] * 100.0).astype(np.int64),
            "is_cost": ~KIND_IS_INFLOW[kind],
            "kind": names,
            "route": names.map(route_of_kind()).fillna(""),
            "servicer": "",
        }
    )
    account = account_of(rows.assign(reason="used"))
    as_of, none = month_anniversary(START, cash.shape[2]), pd.DataFrame()
    return ActualCash(
        rows, none, account, frozenset(), {}, as_of, cash.shape[2], (), 0, states_costs=True
    )
