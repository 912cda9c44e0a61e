"""Every payment of a run, from the tables by date of a run with a ledger."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from npl_sim.securitization.terms.claims import Fee, FixedReturn
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.steps import (
    ExcessShare,
    Pay,
    PayInterest,
    PayPrincipal,
    ReserveTopUp,
    Step,
    step_label,
)
from npl_sim.securitization.waterfall.layout import Recorded, receivers_of
from npl_sim.securitization.waterfall.run import PASSED_OVER, Payment

__all__ = ["payments_of"]


def payments_of(
    deal: Deal, record: Recorded, tables: np.ndarray, last_date: np.ndarray
) -> tuple[Payment, ...]:
    """Return every payment by date, step and receiver.

    Parameters
    ----------
    deal
        The deal.
    record, tables
        Places of the tables, and the tables, shape (tables, K, at least S).
    last_date
        Number of the last date of each scenario, from 1, shape (S,).
    """
    return tuple(
        payment
        for k in range(tables.shape[1])
        for order, steps in deal.orders.items()
        for position, step in enumerate(steps)
        for payment in _of_step(
            step, (k + 1, order, position), deal, record, tables[:, k, : len(last_date)], last_date
        )
    )


def _of_step(
    step: Step,
    place: tuple[int, str, int],
    deal: Deal,
    record: Recorded,
    tables: np.ndarray,
    last_date: np.ndarray,
) -> Iterator[Payment]:
    number, *key = place
    going = last_date >= number
    in_order = (tables[record.tables["in order", *key]] > 0.0) & going
    ran = (tables[record.tables["reached", *key]] > 0.0) & going
    if ran.any():
        for i, what in enumerate(_receivers(step, deal)):
            owed, paid = (
                np.where(going, tables[record.tables[kind, *key, i]], 0.0)
                for kind in ("owed", "paid")
            )
            yield Payment(*place, step_label(step), *what, owed, paid)
    elif in_order.any():
        nothing = np.zeros(len(going))
        yield Payment(*place, step_label(step), "", PASSED_OVER, nothing, nothing)


def _receivers(step: Step, deal: Deal) -> Iterator[tuple[str, str]]:
    """Yield who receives a step's cash, and what for."""
    if isinstance(step, Pay):
        claims = {c.name: c for c in (*deal.claims, *deal.hedges)}
        for name in step.of:
            claim = claims[name]
            if isinstance(claim, FixedReturn):
                receiver = claim.tranche
            else:
                receiver = receivers_of(deal)[name]
            purpose = claim.role if isinstance(claim, Fee) else claim.kind
            yield receiver, f"{name} ({purpose})"
    elif isinstance(step, PayInterest | PayPrincipal):
        yield from ((name, step.kind) for name in step.to)
    elif isinstance(step, ReserveTopUp):
        yield step.account, "reserve"
    elif isinstance(step, ExcessShare):
        yield step.payee, "share of the excess"
    else:
        yield step.to or step.payee or "", "residual"
