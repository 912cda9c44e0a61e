"""Cash that came against the plan of a study: comparison, forecast, returns, statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.accounting.credit_impaired import CreditImpaired, credit_impaired
from npl_sim.analysis.track.comparison import Comparison, compare_cash
from npl_sim.analysis.track.forecast import Forecast, forecast_rest
from npl_sim.analysis.track.plan import Plan
from npl_sim.analysis.track.returns import Remaining, Returns, remaining_collections, returns
from npl_sim.tape.cash_file.account import ActualCash
from npl_sim.valuation.roll_forward import RollForward, roll_forward

if TYPE_CHECKING:
    from npl_sim.study.model import Study


@dataclass(frozen=True)
class Tracking:
    """Results on a package some months after its purchase."""

    name: str
    """Name of the study."""
    currency: str
    """Currency of all amounts."""
    valuation_date: date
    """Date of the plan, which is that of the purchase."""
    actual: ActualCash
    """Cash that came."""
    plan: Plan
    """Cash of the plan by scenario."""
    comparison: Comparison
    """Cash to date against the plan."""
    forecast: Forecast
    """Forecast of the rest."""
    remaining: tuple[Remaining, ...]
    """Estimated remaining collections."""
    returns: Returns | None
    """Multiple and rate of return; None without a price paid."""
    value: RollForward
    """Value at the required return, rolled forward."""
    cost: CreditImpaired | None
    """Amortized cost; None without a price paid."""
    paid_in_full: int
    """Loans that paid their gross book value or more and are not marked as closed."""
    net: bool
    """Whether returns and statements are after costs: the file states them; else of receipts."""

    @property
    def scenarios(self) -> int:
        """Number of scenarios of the plan."""
        return self.plan.sample.scenarios


def track_cash(
    study: Study,
    actual: ActualCash,
    plan: Plan,
    attributes: pd.DataFrame,
    loans: pd.Series,
    price_paid: float | None = None,
    gbv: pd.Series | None = None,
) -> Tracking:
    """Compare the cash that came with the plan, forecast the rest, and roll the values forward.

    Parameters
    ----------
    study
        The study of the plan.
    actual
        Cash that came.
    plan
        Cash of the plan by scenario.
    attributes
        Attributes of the loans, in the order of the tape.
    loans
        Ids of the loans, in the order of the tape.
    price_paid
        Price with its costs; None without one. [package currency]
    gbv
        Gross book value of each loan, shape of `loans`; None leaves `paid_in_full` at 0.
        [package currency]
    """
    receipts, costs = actual.by_month()
    net, timing = actual.states_costs, study.pricing.cash_timing
    cash = receipts - costs if net else receipts
    forecast = forecast_rest(plan, float(receipts.sum()))
    planned = forecast.plan_receipts - (forecast.plan_costs if net else 0.0)
    expected: np.ndarray | None = None
    if forecast.receipts is not None and forecast.costs is not None:
        expected = forecast.receipts - (forecast.costs if net else 0.0)
    cost, earned = None, None
    if price_paid is not None:
        cost = credit_impaired(price_paid, planned, cash, expected, timing)
        earned = returns(price_paid, plan, forecast, cash, net, timing)
    rate = study.pricing.required_return
    return Tracking(
        name=study.name,
        currency=study.currency,
        valuation_date=study.valuation_date,
        actual=actual,
        plan=plan,
        comparison=compare_cash(plan, actual, attributes, loans),
        forecast=forecast,
        remaining=remaining_collections(plan, forecast),
        returns=earned,
        value=roll_forward(planned, cash, expected, rate, timing),
        cost=cost,
        paid_in_full=0 if gbv is None else _paid_in_full(actual, loans, gbv),
        net=net,
    )


def _paid_in_full(actual: ActualCash, loans: pd.Series, gbv: pd.Series) -> int:
    """Return how many loans paid their gross book value and are not marked as closed."""
    paid = actual.by(actual.rows["loan_id"]).reindex(loans).fillna(0.0).to_numpy()
    claims = gbv.to_numpy(dtype=np.float64)
    full = (paid >= claims) & (claims > 0.0) & ~loans.isin(actual.closed).to_numpy(dtype=bool)
    return int(full.sum())
