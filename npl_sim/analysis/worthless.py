"""Loans without value and the reasons, from the compiled model, confirmed by the simulation.

A loan has no value where no step of its policy can bring cash. The reason follows the order of
events of docs/model.md section 4 and needs no simulation. Probabilities below `NEVER` count as 0.
For example, a debtor who has not performed a judgment for years still performs with a probability
of about 1e-6 in the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.errors import counted
from npl_sim.core.issues import Issue
from npl_sim.core.language import N_
from npl_sim.core.language import gettext as _

if TYPE_CHECKING:
    from npl_sim.analysis.cash_routes import Routes
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


REASONS: dict[str, str] = {
    "limitation": N_("the claim has run out, and no step revives it"),
    "enforcement window": N_("the window to apply for enforcement has expired"),
    "dormant": N_("no step of the policy revives it"),
    "no route": N_("not sued, and nothing comes of collection"),
    "no enforcement": N_("the policy does not enforce the title"),
    "no asset": N_("enforcement can find no asset, and no other party pays"),
    "no cash seen": N_("a route exists, but no scenario brought cash"),
}
"""Reasons why a loan has no value, in the order of a table."""

COMMITTEE_SHARE = 0.01
"""Share of GBV without value above which a committee is informed."""


@dataclass(frozen=True)
class Worthless:
    """Loans of a package without value."""

    loans: pd.DataFrame
    """Rows by loan, in the order of the tape. [package currency]

    - loan_id, product, stage, gbv
    - reason: a key of `REASONS`; detail: the reason with its figures
    - collateral_value: appraised value
    - default_date, interruption_date, stage_date, limitation_expiry, window_expiry: dates used;
      NaT where a date is not known or there is no such limit
    """
    package_gbv: float
    """GBV of the package. [package currency]"""
    simulated: bool
    """Whether a simulation confirmed them."""

    @property
    def gbv(self) -> float:
        """Their GBV. [package currency]"""
        return float(self.loans["gbv"].sum())

    @property
    def share(self) -> float:
        """Their share of the package's GBV."""
        return self.gbv / self.package_gbv if self.package_gbv > 0.0 else 0.0


def worthless(
    study: Study,
    table: LoanTable,
    simulated: pd.DataFrame | None = None,
) -> Worthless:
    """Return the loans without value, each with its reason.

    Parameters
    ----------
    study, table
        The study and its loans.
    simulated
        Loans of a simulated package in the order of the tape, with pv_mean and received_mean
        (`Cash.loans`). It decides which loans have no receipt; the model gives the reasons.
        Without it the model decides.

    Raises
    ------
    StudyError
        If a loan falls under no policy, or collateral under no index.
    """
    # Imported late: the headings of deals read this module, and compile no model.
    from npl_sim.analysis.cash_routes import routes
    from npl_sim.engine.compile_model import compile_model

    found = routes(study, table, compile_model(study, table))
    if simulated is None:
        nothing = found.reason != ""
    else:
        # A mean of exactly 0, or no receipt in any scenario; costs alone have a value below 0.
        received = simulated["received_mean"].to_numpy(dtype=np.float64)
        nothing = (received <= 0.0) | (simulated["pv_mean"].to_numpy(dtype=np.float64) == 0.0)
    frame = _frame(table, found, nothing)
    return Worthless(frame, float(table.loans["gbv"].sum()), simulated is not None)


def _frame(table: LoanTable, found: Routes, nothing: np.ndarray) -> pd.DataFrame:
    loans = table.loans[nothing]
    appraised = table.collateral.groupby("loan_id")["appraisal_value"].sum()
    reason = np.where(found.reason == "", "no cash seen", found.reason)[nothing]
    return pd.DataFrame(
        {
            "loan_id": loans["loan_id"].to_numpy(),
            "product": loans["product"].to_numpy(),
            "stage": loans["stage"].to_numpy(),
            "reason": reason.astype(object),
            "detail": found.detail[nothing],
            "gbv": loans["gbv"].to_numpy(dtype=np.float64),
            "collateral_value": appraised.reindex(loans["loan_id"])
            .fillna(0.0)
            .to_numpy(dtype=np.float64),
            **{name: dates[nothing] for name, dates in found.dates.items()},
        }
    )


def by_reason(found: Worthless) -> pd.DataFrame:
    """Return a table by reason: reason, loans, gbv, share_of_gbv, collateral_value."""
    rows = []
    for reason in REASONS:
        part = found.loans[found.loans["reason"] == reason]
        if len(part):
            gbv = float(part["gbv"].sum())
            share = gbv / found.package_gbv if found.package_gbv > 0.0 else math.nan
            rows.append((reason, len(part), gbv, share, float(part["collateral_value"].sum())))
    return pd.DataFrame(
        rows, columns=["reason", "loans", "gbv", "share_of_gbv", "collateral_value"]
    )


def _appraised(value: float, money: Callable[[float], str]) -> str:
    return _(", collateral appraised at {money}").format(money=money(value)) if value > 0.0 else ""


def worthless_issues(
    found: Worthless, table: LoanTable, money: Callable[[float], str] = "{:,.0f}".format
) -> tuple[Issue, ...]:
    """Return the loans without value as issues, one for each reason.

    Parameters
    ----------
    found
        Loans without value.
    table
        All loans.
    money
        Writes an amount in package currency.
    """
    return tuple(
        Issue(
            "warning",
            _("worth nothing, {reason}").format(reason=row.reason),
            _("{loans} ({share_of_gbv:.1%} of GBV{collateral_value}): {reasons}").format(
                loans=counted(row.loans, "loan"),
                share_of_gbv=row.share_of_gbv,
                collateral_value=_appraised(row.collateral_value, money),
                reasons=_(REASONS[row.reason]),
            ),
            row.gbv,
        )
        for row in by_reason(found).itertuples()
    )
