"""Ledger of one scenario: every payment, the debt, and the reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.securitization.terms.conditions import (
    Accelerated,
    AllOf,
    AnyOf,
    Condition,
    FromPayment,
    NotOf,
    Outstanding,
    TriggerActive,
)
from npl_sim.securitization.terms.steps import PayResidual, Step
from npl_sim.securitization.waterfall.run import PASSED_OVER, DealRun, Payment
from npl_sim.securitization.waterfall.waterfall import run_terms


def ledger_of(run: DealRun, scenario: int) -> pd.DataFrame:
    """Return every payment of a scenario with its reason.

    The scenario is carried out again by itself, with the business plan of all.

    Parameters
    ----------
    run
        A run of the deal.
    scenario
        Number of the scenario, from 0.

    Returns
    -------
    pandas.DataFrame
        payment, date, order, step (number from 1), label, receiver, purpose, owed, paid, unpaid,
        reason. A reserve that releases cash has paid below 0; a step whose condition is false is
        told without a receiver. [package currency]
    """
    scenario = range(run.scenarios)[scenario]  # an IndexError where there is none
    alone = run_terms(run.terms.scenario(scenario), ledger=True, tables=False)
    rows = [_row(run, p) for p in alone.ledger or ()]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    table["unpaid"] = np.maximum(table["owed"] - table["paid"].clip(lower=0.0), 0.0)
    return table[[*_COLUMNS[:-1], "unpaid", "reason"]]


_COLUMNS = (
    "payment",
    "date",
    "order",
    "step",
    "label",
    "receiver",
    "purpose",
    "owed",
    "paid",
    "reason",
)


def _row(run: DealRun, payment: Payment) -> tuple[object, ...]:
    step = run.deal.orders[payment.order][payment.position]
    owed, paid = float(payment.owed[0]), float(payment.paid[0])
    return (
        payment.number,
        run.terms.dates.payment[payment.number - 1],
        payment.order,
        payment.position + 1,
        payment.step,
        payment.receiver,
        payment.purpose,
        owed,
        paid,
        _reason(step, payment, owed, paid),
    )


def _reason(step: Step, payment: Payment, owed: float, paid: float) -> str:
    if isinstance(step, PayResidual):
        return _("all that is left")
    if payment.purpose == PASSED_OVER and step.when is not None:
        if isinstance(step.when, NotOf):
            return _("passed over, because {of}").format(of=condition_text(step.when.of))
        return _("passed over, because it is not so that {when}").format(
            when=condition_text(step.when)
        )
    because = (
        "" if step.when is None else _(", because {when}").format(when=condition_text(step.when))
    )
    if payment.purpose == "reserve":
        side = (
            _("above its target, released")
            if paid < 0
            else _("below its target")
            if owed > 0
            else _("at its target")
        )
        return f"{side}{because}"
    if owed <= 0.0:
        return _("nothing is owed")
    if paid >= owed:
        return _("owed in full{because}").format(because=because)
    held_back = _("cash or a cap does not allow more") if step.caps else _("cash does not reach")
    return _("owed, but {held_back}{because}").format(held_back=held_back, because=because)


def condition_text(condition: Condition) -> str:
    """Return a condition as text."""
    if isinstance(condition, TriggerActive):
        return _("trigger {condition!r} is active").format(condition=condition.name)
    if isinstance(condition, Accelerated):
        return _("the notes are accelerated")
    if isinstance(condition, FromPayment):
        return _("payment {number} is reached").format(number=condition.number)
    if isinstance(condition, NotOf):
        return _("not ({of})").format(of=condition_text(condition.of))
    if isinstance(condition, AllOf | AnyOf):
        return (" and " if isinstance(condition, AllOf) else " or ").join(
            condition_text(c) for c in condition.of
        )
    state = "outstanding" if isinstance(condition, Outstanding) else "repaid"
    verb = "is" if len(condition.tranches) == 1 else "are"
    return f"{', '.join(condition.tranches)} {verb} {state}"


def state_table(run: DealRun, scenario: int) -> pd.DataFrame:
    """Return the state of a scenario after each payment date.

    Returns
    -------
    pandas.DataFrame
        payment, date, collection_end, received, costs, cash_in. For each tranche its balance and
        unpaid interest, and for each account its balance. [package currency] Interest cover of
        each interest-bearing tranche. For each trigger its tested value, except date triggers, and
        whether it is active; accelerated.
    """
    scenario = range(run.scenarios)[scenario]
    terms = run.terms
    table: dict[str, object] = {
        "payment": np.arange(1, len(terms.dates) + 1),
        "date": list(terms.dates.payment),
        "collection_end": list(terms.dates.collection[1:]),
        "received": terms.cash.received[:, scenario],
        "costs": terms.cash.costs[:, scenario],
        "cash_in": run.cash_in[scenario],
    }
    for name, flows in run.tranches.items():
        table[f"balance {name}"] = flows.balance[scenario]
        table[f"unpaid {name}"] = flows.unpaid[scenario]
    for name, balance in run.accounts.items():
        table[f"account {name}"] = balance[scenario]
    for name, flows in run.tranches.items():
        if np.isfinite(flows.cover).any():
            table[f"interest cover {name}"] = np.where(
                np.isfinite(flows.cover[scenario]), flows.cover[scenario], np.nan
            )
    for name, values in run.tested.items():
        table[f"tested {name}"] = values[scenario]
    for name, active in run.active.items():
        table[f"trigger {name}"] = active[scenario]
    table["accelerated"] = run.accelerated[scenario]
    frame = pd.DataFrame(table)
    return frame[frame["payment"] <= run.last_date[scenario]]
