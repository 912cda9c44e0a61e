"""The steps of an order of payments, one scenario. Section 6 of docs/deals.md."""

from __future__ import annotations

from typing import Any

from tests.naive_deal.rules import holds, room, target

__all__ = ["run_step"]


def run_step(order: str, number: int, step: Any, s: Any) -> None:
    """Carry out one step."""
    key = (order, number)
    if step.kind == "residual":
        everything, s.available = s.available, 0.0
        if step.to is not None:
            s.other[step.to] += everything
        else:
            _to_payee(step.payee, everything, s)
        _note(key, everything, s)
        s.ledger.append((*key, 0, everything, everything))
        return
    if not holds(step.when, s):
        return
    if step.kind == "reserve":
        _reserve(key, step, s)
        return
    if step.kind == "pay":
        amounts = {name: s.owed[name] for name in step.of}
    elif step.kind == "interest":
        amounts = {name: s.interest[name] for name in step.to}
    elif step.kind == "principal":
        amounts = {name: _principal_due(name, step.amount, s) for name in step.to}
    else:
        amounts = {step.payee: step.share * s.available}
    x = _least(key, step, sum(amounts.values()), s)
    sequential = step.kind == "principal" and step.order == "sequential"
    shares = _one_after_the_other(amounts, x) if sequential else _in_proportion(amounts, x)
    _draw(step, sum(shares.values()), s)
    _note(key, sum(shares.values()), s)
    for place, (name, amount) in enumerate(shares.items()):
        s.ledger.append((*key, place, amounts[name], amount))
        if step.kind == "pay":
            s.owed[name] -= amount
            _to_claimant(name, amount, s)
        elif step.kind == "interest":
            s.interest[name] -= amount
            s.interest_paid[name] += amount
        elif step.kind == "principal":
            s.balance[name] -= amount
            s.principal_paid[name] += amount
        else:
            _to_payee(name, amount, s)


def _principal_due(name: str, word: Any, s: Any) -> float:
    balance, original = s.balance[name], s.original[name]
    if word.kind == "all":
        return balance
    if word.kind == "target_balance":
        share = 1.0
        for point in word.points:
            if point.payment <= s.k:
                share = point.share
        return max(0.0, balance - share * original)
    by_now = sum(word.amounts[: s.k])
    return max(0.0, balance - max(0.0, original - by_now))


def _balance_held(source: str, s: Any) -> float:
    return s.available if source == "available" else s.account[source]


def _least(key: tuple[str, int], step: Any, owed: float, s: Any) -> float:
    x = min(owed, sum(_balance_held(source, s) for source in step.sources))
    for cap in step.caps:
        x = min(x, max(0.0, room(cap, key, s)))
    return x


def _draw(step: Any, x: float, s: Any) -> None:
    for source in step.sources:
        part = min(x, _balance_held(source, s))
        x -= part
        if source == "available":
            s.available -= part
        else:
            s.account[source] -= part
    assert x <= 1e-9 * s.scale, "a step paid more than its sources held"


def _in_proportion(amounts: dict[str, float], x: float) -> dict[str, float]:
    total = sum(amounts.values())
    if x >= total:
        return dict(amounts)
    return {name: amount * (x / total) for name, amount in amounts.items()}


def _one_after_the_other(amounts: dict[str, float], x: float) -> dict[str, float]:
    if x >= sum(amounts.values()):
        return dict(amounts)
    shares = {}
    for name, amount in amounts.items():
        shares[name] = min(amount, x)
        x -= shares[name]
    return shares


def _reserve(key: tuple[str, int], step: Any, s: Any) -> None:
    account = next(a for a in s.deal.accounts if a.name == step.account)
    wanted = target(account, s)
    excess = s.account[step.account] - wanted
    if excess > 0:
        s.account[step.account] = wanted
        s.available += excess
        s.ledger.append((*key, 0, 0.0, -excess))
        return
    x = _least(key, step, -excess, s)
    _draw(step, x, s)
    s.account[step.account] = wanted if x == -excess else s.account[step.account] + x
    s.ledger.append((*key, 0, -excess, x))
    _note(key, x, s)


def _to_claimant(name: str, amount: float, s: Any) -> None:
    for claim in s.deal.claims:
        if claim.name == name:
            if claim.kind == "fixed_return":
                s.other[claim.tranche] += amount
            else:
                _to_payee(claim.payee or claim.name, amount, s)
    for hedge in s.deal.hedges:
        if hedge.name == name:
            _to_payee(hedge.payee, amount, s)


def _to_payee(name: str, amount: float, s: Any) -> None:
    s.payee[name] = s.payee.get(name, 0.0) + amount


def _note(key: tuple[str, int], amount: float, s: Any) -> None:
    """Remember what a step paid, for caps."""
    year = (key, s.dates.t[s.k].year)
    s.paid_in_year[year] = s.paid_in_year.get(year, 0.0) + amount
    s.paid_in_life[key] = s.paid_in_life.get(key, 0.0) + amount
