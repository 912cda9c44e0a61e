"""A deal carried out in one scenario after the other. Section 4 of docs/deals.md, event by
event."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

from tests.naive_deal.calendar import dates_of
from tests.naive_deal.caller import estimates
from tests.naive_deal.debts import grow, hedge_receipts
from tests.naive_deal.income import Plan, collections, index_by_period, rate
from tests.naive_deal.payments import run_step
from tests.naive_deal.rules import check_triggers

__all__ = ["run_naively"]


def run_naively(
    deal: Any,
    days: list[date],
    scenarios: list[dict[str, list[float]]],
    index: list[list[float]] | None = None,
) -> list[SimpleNamespace]:
    """Carry out a deal.

    Parameters
    ----------
    deal
        Terms of the deal.
    days
        Dates of the cash.
    scenarios
        For each scenario lists by date: `received`, `costs`, `short_rate` where it is simulated,
        and what triggers need beside.
    index
        Reference rate by scenario and period. By default it is that of the deal.

    Returns
    -------
    list of SimpleNamespace
        One for each scenario: `dates`, `payee`, `called`, and the cash that was not the deal's.
        `dates` has a dictionary for each payment date up to the last of the scenario.
    """
    dates = dates_of(deal)
    rates = [scenario.get("short_rate") for scenario in scenarios]
    series = [
        {name: x for name, x in scenario.items() if name != "short_rate"} for scenario in scenarios
    ]
    cash = [collections(deal, dates, days, scenario) for scenario in series]
    plan = Plan(deal, dates, [c["net"] for c in cash])
    worth = estimates(deal, dates, cash)
    reported = []
    for n, c in enumerate(cash):
        levels = index_by_period(deal, dates, index[n] if index else None, days, rates[n])
        reported.append(_scenario(deal, dates, plan, c | {"worth": worth[n]}, levels))
    return reported


def _scenario(
    deal: Any, dates: Any, plan: Any, cash: dict[str, Any], index: list[float]
) -> SimpleNamespace:
    s = SimpleNamespace(deal=deal, dates=dates, plan=plan, cash=cash, index=index, k=0)
    s.scale = max(1.0, sum(cash["received"]), sum(t.balance for t in deal.tranches))
    s.original = {t.name: t.balance for t in deal.tranches}
    s.balance = dict(s.original)
    s.interest = dict.fromkeys(s.original, 0.0)
    s.owed = {c.name: 0.0 for c in deal.claims} | {
        h.name: 0.0 for h in deal.hedges if h.kind == "swap"
    }
    s.account = {a.name: a.initial for a in deal.accounts}
    s.active = {t.name: False for t in deal.triggers}
    s.fails, s.passes = dict.fromkeys(s.active, 0), dict.fromkeys(s.active, 0)
    s.accelerated = s.called = s.ending = False
    s.payee, s.paid_in_year, s.paid_in_life = {}, {}, {}
    reported = []
    for k in range(1, dates.count + 1):
        s.k = k
        _payment_date(s)
        reported.append(_tell(s))
        if s.ending:
            break
    after = sum(cash["net"][s.k + 1 :])
    outside = {name: cash[name] for name in ("before_cutoff", "to_seller", "after_last")}
    return SimpleNamespace(
        dates=reported,
        payee=s.payee,
        called=s.called,
        owed=s.owed,
        after_call=after,
        periods=cash,
        **outside,
    )


def _payment_date(s: Any) -> None:
    k, deal, dates = s.k, s.deal, s.dates
    s.interest_paid, s.principal_paid, s.other = (dict.fromkeys(s.original, 0.0) for _ in range(3))
    s.ledger = []  # order, step, place in the step, owed, paid
    start = dates.a[k - 1]

    # 1. Cash.
    s.available = s.cash["received"][k]
    s.available += max(rate(deal.collection_account, start, s.index[k]), 0.0) * s.cash["held"][k]
    for account in deal.accounts:
        earns = max(rate(account.reinvestment, start, s.index[k]), 0.0)
        s.available += earns * dates.y[k] * s.account[account.name]
    s.available += hedge_receipts(s)
    s.cash_in = s.available

    # 2. Triggers, 3. acceleration, 4. debts grow.
    check_triggers(s)
    if any(s.active[name] for name in deal.event_of_default):
        s.accelerated = True
    grow(s)

    # 5. Clean-up call.
    s.ending = k == dates.count
    call = deal.clean_up_call
    if call is not None and k >= call.first_date and not s.accelerated:
        left = sum(s.balance[n] for n in call.tranches)
        if 0 < left <= call.below * sum(s.original[n] for n in call.tranches):
            price = _call_price(call, s)
            if s.cash["worth"][k] > price * (1 + 1e-9):
                s.available += price
                s.cash_in += price
                s.called = s.ending = True

    # 6. Accounts that are emptied.
    for account in deal.accounts:
        if s.ending or account.sweep:
            s.available += s.account[account.name]
            s.account[account.name] = 0.0

    # 7. Steps.
    order = "steps_after_default" if s.accelerated and deal.steps_after_default else "steps"
    for number, step in enumerate(getattr(deal, order)):
        run_step(order, number, step, s)

    # 8. End of date.
    assert s.available == 0.0
    for claim in deal.claims:
        if claim.kind == "fee" and not claim.carry:
            s.owed[claim.name] = 0.0


def _call_price(call: Any, s: Any) -> float:
    if call.price.kind == "plan_left":
        return max(0.0, call.price.share * (s.plan.total - s.plan.at[s.k]))
    notes = sum(s.balance[n] + s.interest[n] for n in call.tranches)
    return max(0.0, notes + sum(s.owed.values()) - s.available - sum(s.account.values()))


def _tell(s: Any) -> dict[str, Any]:
    """Return a date's figures."""
    return {
        "interest": dict(s.interest_paid),
        "principal": dict(s.principal_paid),
        "other": dict(s.other),
        "balance": dict(s.balance),
        "unpaid": dict(s.interest),
        "owed": dict(s.owed),
        "account": dict(s.account),
        "active": dict(s.active),
        "accelerated": s.accelerated,
        "cash_in": s.cash_in,
        "ledger": list(s.ledger),
    }
