"""Routes to cash of each loan, from the compiled model without a simulation.

The steps are those of docs/model.md section 4. A step counts as a route unless it surely brings no
cash, so a loan has no route only where no step can pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.analysis.cash_route_dates import dates_used, details
from npl_sim.core.layout import Stage
from npl_sim.engine.compile_model import Model
from npl_sim.engine.court_queue import planned_filing

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


STAGES = (Stage.COLLECTION, Stage.LITIGATION, Stage.JUDGED, Stage.ENFORCEMENT, Stage.DORMANT)
"""Stages whose routes are tested."""

NEVER = 1e-4
"""Probability below which an event counts as impossible."""


@dataclass(frozen=True)
class Routes:
    """Reason why each loan has no route to cash, and the dates used, in the order of the tape."""

    reason: np.ndarray
    """Key of `worthless.REASONS`; empty where some step may bring cash. Shape (loans,)."""
    detail: np.ndarray
    """The reason with its figures and dates; empty where there is none. Shape (loans,)."""
    dates: dict[str, np.ndarray]
    """default_date, interruption_date, stage_date, limitation_expiry, window_expiry. NaT where a
    date is not known or there is no limit. Each of shape (loans,), `datetime64[D]`."""


class _Reach:
    """Steps that may bring cash, one flag for each loan of the model."""

    def __init__(self, model: Model) -> None:
        package = model.package
        self.model, self.loans = model, package.loans
        self.terms = package.terms[self.loans["policy"]]
        self.stage = self.loans["stage"]
        self.filing = planned_filing(self.loans, package.terms)
        self.sued = (self.filing >= 0) & (self.filing < model.horizon)

    def insolvent(self) -> np.ndarray:
        """Whether the debtor may become insolvent and its estate or a guarantor may then pay."""
        may = (self.loans["insolvency_hazard"] > 0.0) | (self.loans["insolvency_status"] != 0)
        out = (self.stage == Stage.COLLECTION) & (self.loans["limitation_left"] < 0.0)
        return may & ~out

    def entered(self) -> np.ndarray:
        """Whether an expert's estimate or manual cash brings cash."""
        package, loans = self.model.package, self.loans
        likely = (package.estimates["weight"] > 0.0) & (package.estimates["cap"] > 0.0)
        estimated = _any_in(likely, loans["estimate_begin"], loans["estimate_end"])
        received = package.manual["amount"] > 0.0
        return estimated | _any_in(received, loans["manual_begin"], loans["manual_end"])

    def exits(self, study: Study) -> np.ndarray:
        """Whether a sale of the remaining claim or the residual at the horizon pays."""
        horizon, secured = study.simulation.horizon_months, self.secured()
        pays = np.zeros(len(self.loans), dtype=bool)
        month = np.full(len(self.loans), horizon)
        for i, policy in enumerate(study.policies):
            own, sale = self.loans["policy"] == i, policy.sale
            pays |= own & (policy.residual_share > 0.0)
            if sale is not None and sale.month <= horizon and sale.bulk_discount < 1.0:
                any_part = sale.buyer_return is not None or sale.unsecured_price > 0.0
                pays |= own & (any_part | (secured & (sale.secured_price > 0.0)))
                month[own] = sale.month
        # A claim that is surely lost in court before then is closed.
        lost = (self.stage == Stage.COLLECTION) & self.sued & self.barred() & (self.filing < month)
        return pays & ~lost

    def secured(self) -> np.ndarray:
        """Whether there is collateral of value."""
        items = self.model.package.items
        return _any_in(
            (items["value"] > 0.0) & (items["cap"] > 0.0),
            self.loans["item_begin"],
            self.loans["item_end"],
        )

    def collected(self) -> np.ndarray:
        """Whether collection may bring a settlement, a cure, a partial payment or a plan."""
        tables, loans = self.model.collection, self.loans
        last = np.minimum(self.terms["collection_months"], self.model.horizon).astype(np.int64)
        last = np.where(self.filing >= 0, np.minimum(last, self.filing), last)
        row = loans["collection_table"].astype(np.int64)
        event, paid = (_running(rate) for rate in (tables.settle + tables.cure, tables.pay))
        at = np.minimum(last, tables.settle.shape[1] - 1)
        resolved = (event[row, at] > 0.0) & (loans["responsiveness"] > 0.0)
        offer = self.terms["offer_month"]
        offered = (
            (offer >= 0)
            & (offer <= last)
            & ((self.filing < 0) | (offer < self.filing))
            & (loans["offered"] != 0)
            & (self.terms["acceptance_probability"] > 0.0)
            & (self.terms["offered_share"] > 0.0)
        )
        return (resolved & (last > 0)) | ((paid[row, at] > 0.0) & (last > 0)) | offered

    def enforced(self) -> np.ndarray:
        """Whether enforcement may find collateral, guarantors, assets, income or a revival."""
        package, loans, terms = self.model.package, self.loans, self.terms
        guarantors = package.guarantors
        backed = (guarantors["cap"] > 0.0) & (guarantors["factor"] > 0.0)
        called = _any_in(backed, loans["guarantor_begin"], loans["guarantor_end"]) & (
            terms["guarantor_payment_probability"] > 0.0
        )
        assets = package.assets
        lucky = (assets["ownership_probability"] > 0.0) & (
            (assets["discovery_probability"] > 0.0) | (assets["freeze_probability"] > 0.0)
        )
        other = _any_in(lucky, terms["asset_begin"], terms["asset_end"])
        income = (
            (terms["garnishment_probability"] > 0.0)
            & (terms["garnishment_share"] > 0.0)
            & (terms["garnishment_months"] > 0)
        )
        return self.secured() | called | other | income | (terms["resumption_probability"] > 0.0)

    def performed(self) -> np.ndarray:
        """Whether the debtor may still perform a judgment."""
        chance, gone = self.terms["performance_probability"], self.loans["elapsed_probability"]
        left = np.where(
            self.stage == Stage.JUDGED,
            chance * (1.0 - gone) / np.maximum(1.0 - gone * chance, 1e-300),
            chance,
        )
        return left >= NEVER

    def barred(self) -> np.ndarray:
        """Whether the claim is surely time-barred when filed, and the debtor surely pleads it."""
        filed, left = np.maximum(self.filing, 0), self.loans["limitation_left"]
        unheard = self.model.collection.reach[self.loans["collection_table"]] <= 0.0
        out = (left < 0.0) | ((left < filed) & unheard) | (self.loans["long_stop_left"] < filed)
        return out & (1.0 - self.terms["defense_raised"] < NEVER)


def _running(rates: np.ndarray) -> np.ndarray:
    """Return running sums over months; month 0 does not count."""
    sums = np.cumsum(rates, axis=1)
    return sums - rates[:, :1]


def _any_in(flags: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return whether any flag of each half-open range is set."""
    total = np.concatenate([[0], np.cumsum(flags)])
    return total[end] > total[begin]


def too_late_to_apply(loans: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Return which judged loans cannot apply for enforcement in time (docs/model.md section 4.5).

    Parameters
    ----------
    loans
        LOAN records.
    terms
        TERMS record of each loan's policy.
    """
    wait = np.maximum(
        terms["performance_window"] + terms["application_delay"] - loans["stage_elapsed"], 0.0
    )
    return (loans["stage"] == Stage.JUDGED) & (
        (wait > loans["window_left"])
        | (terms["application_delay"] > terms["enforcement_window_months"])
    )


def surely_barred(model: Model) -> np.ndarray:
    """Return which loans in collection are surely time-barred when filed, with the plea made."""
    reach = _Reach(model)
    return (reach.stage == Stage.COLLECTION) & reach.barred()


def surely_too_late(model: Model) -> np.ndarray:
    """Return which judged loans are too late to be enforced, with the objection surely made."""
    reach = _Reach(model)
    return too_late_to_apply(reach.loans, reach.terms) & (
        1.0 - reach.terms["defense_raised"] < NEVER
    )


def routes(study: Study, table: LoanTable, model: Model) -> Routes:
    """Return for each loan whether any step may bring cash; otherwise the reason.

    Parameters
    ----------
    study, table
        The study and its loans.
    model
        Both, compiled.
    """
    reach = _Reach(model)
    stage, terms = reach.stage, reach.terms
    enforced, performed = reach.enforced(), reach.performed()
    apply = (terms["enforce"] != 0) & enforced
    shut = surely_too_late(model)
    # For a future title the application is in time unless the policy itself waits too long.
    slow = (terms["application_delay"] > terms["enforcement_window_months"]) & (
        1.0 - terms["defense_raised"] < NEVER
    )
    title = performed | (apply & ~slow)
    sued, barred = reach.sued, reach.barred()
    pays = np.select(
        [stage == s for s in STAGES],
        [
            reach.collected() | (sued & ~barred & title),
            title,
            performed | (apply & ~shut),
            enforced,
            np.zeros(len(stage), dtype=bool),
        ],
        default=True,  # installments of a plan
    )
    pays |= reach.exits(study) | reach.insolvent() | reach.entered()
    window = "enforcement window"
    reason = np.select(
        [
            pays,
            stage == Stage.DORMANT,
            (stage == Stage.JUDGED) & shut & (terms["enforce"] != 0),
            (stage == Stage.COLLECTION) & barred,
            (stage == Stage.COLLECTION) & ~sued,
            (stage != Stage.ENFORCEMENT) & (terms["enforce"] == 0),
            (stage != Stage.ENFORCEMENT) & enforced & slow,
        ],
        ["", "dormant", window, "limitation", "no route", "no enforcement", window],
        default="no asset",
    ).astype(object)
    order = np.empty(len(stage), dtype=np.int64)
    order[model.tape_row] = np.arange(len(stage))
    dates = dates_used(study, table, reach.loans[order])
    detail = details(study, reason[order], reach.loans[order], dates)
    return Routes(reason[order], detail, dates)
