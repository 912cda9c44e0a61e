"""Reference implementation of the buyer's cash in one scenario.

It follows the order of events in the docstring of `valuation/buyer.py`.
"""

from __future__ import annotations


def later(cash: list[float], months: int) -> list[float]:
    """Return cash by month some months later; the last month takes what comes after it."""
    out = [0.0] * len(cash)
    for month, amount in enumerate(cash):
        out[min(month + months, len(cash) - 1)] += amount
    return out


def deduction(buyer, pool: float, last: bool, share: float, outlay: float, left: float) -> float:
    """Return what a month's profit deducts of the outlay; `share` is that of expected receipts."""
    if last:
        return left
    if buyer.tax.recovery == "price_first":
        return min(left, max(pool, 0.0))
    return min(left, outlay * share)


def own_cash(
    net, received, buyer, pricing, gbv: float, price: float, expected: list[float]
) -> list[float]:
    """Return the buyer's own cash by month.

    `net` and `received` are the package's, `expected` the mean receipts over all scenarios.
    """
    last = len(net) - 1
    net, received, expected = (
        later(list(c), buyer.onboarding_months) for c in (net, received, expected)
    )
    own_rate = pricing.servicing_rate if buyer.servicing_rate is None else buyer.servicing_rate
    cost_rate = pricing.purchase_cost if buyer.purchase_cost is None else buyer.purchase_cost
    payments = {p.month: p.share for p in buyer.payments} or {0: 1.0}
    due = [0.0] * (last + 1)
    for month, share in payments.items():
        due[min(month, last)] += share * price
    cost = cost_rate * price + buyer.fixed_cost
    borrowed = buyer.debt.loan_to_price * price if buyer.debt else 0.0
    fee = buyer.debt.fee * borrowed if buyer.debt else 0.0
    outlay = price + cost + fee
    debt, carried, year, undeducted, left = borrowed, 0.0, 0.0, outlay, outlay
    own = []
    for m in range(last + 1):
        pool = (
            net[m]
            + pricing.servicing_rate * received[m]
            - own_rate * received[m]
            - buyer.turnover_tax * received[m]
        )
        if 1 <= m <= buyer.overhead_months:
            pool -= buyer.overhead_rate * gbv / 12.0
        cash = pool - due[m]
        if m == 0:
            cash += borrowed - fee - cost
        interest = debt * buyer.debt.rate / 12.0 if buyer.debt and m > 0 else 0.0
        if buyer.tax:
            share = expected[m] / sum(expected) if sum(expected) > 0.0 else 0.0
            deducted = deduction(buyer, pool, m == last > 0, share, outlay, undeducted)
            undeducted -= deducted
            year += pool - interest - deducted
            if m > 0 and (m % 12 == 0 or m == last):
                profit = year + carried
                cash -= buyer.tax.rate * max(profit, 0.0)
                carried, year = min(profit, 0.0), 0.0
        if buyer.debt and m > 0:
            free = max(cash, 0.0)
            paid = min(interest, free)
            debt += interest - paid
            sweep = 1.0 if m >= buyer.debt.months else buyer.debt.sweep
            back = min(debt, sweep * (free - paid))
            debt -= back
            cash -= paid + back
        if buyer.capital and m > 0:
            cash -= (
                buyer.capital.risk_weight * buyer.capital.ratio * buyer.capital.cost / 12.0 * left
            )
            left = max(left - max(pool, 0.0), 0.0)
        own.append(cash)
    return own
