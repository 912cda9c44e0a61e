"""What is implausible about a contract beside its package: prices, rates, amounts in other units, months."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from npl_sim.analysis.plausibility import cash_issues, sale_issues
from npl_sim.channel.result import ChannelResult, Version
from npl_sim.channel.statistics import weighted_sum
from npl_sim.channel.terms.contract import ChannelContract
from npl_sim.channel.terms.undertakings import BuyerPut, Guarantee, SellerCall
from npl_sim.channel.terms.vehicles import Note
from npl_sim.tape.issues import DOUBT, Issue

__all__ = ["contract_issues"]

HIGH_RATE = 0.36
"""Yearly rate above which a contract's rate is unusual: the highest that Chinese courts ever enforced. [per year]"""

LEAST_OF_WORTH = 0.1
"""Share of the expected value below which a sale price is unusual. [share of 1]"""

LEAST_OF_FACE = 0.002
"""Expected receipts over face below which the two may be in different units. [share of 1]"""

AMOUNTS = (
    "amount",
    "constant",
    "cap",
    "deductible",
    "reference",
    "per_date",
    "lifetime",
    "upfront",
    "cumulative",
)
"""Keys of amounts that are compared with the face."""

MULTIPLES = (
    "share",
    "cap_share",
    "notional",
    "below",
    "variation",
    "hurdle_of_price",
    "of_price",
    "of_face",
    "of_collections",
    "of_value",
)
"""Keys of multiples of an amount, which a percentage would make a hundred times too large."""

HIGH_MULTIPLE = 2.0
"""Multiple above which it was probably typed in percent. [share of 1]"""

LEAST_LOSS = 0.001
"""Mean loss of an option's holder, over the price, from which it is told. [share of 1]"""

HIGH_HAZARD = 1.0
"""Hazard of default above which it was probably typed in percent. [per year]"""

RATES = ("rate", "carry", "spread", "floor", "discount_rate")
"""Keys of yearly rates; a `floor` is one below a `leg` alone."""


def contract_issues(result: ChannelResult) -> tuple[Issue, ...]:
    """Return what is implausible about a contract and its package.

    Parameters
    ----------
    result
        A measured contract.
    """
    outcomes, face = result.outcomes, result.outcomes.face
    received = float(outcomes.mean(outcomes.received).sum())
    first = result.versions[0]
    worth = float(weighted_sum(outcomes.probability, first.retained.before))
    found = list(cash_issues("expected value of the package", worth, face))
    for version in result.versions:
        price = version.retained.run.price
        found += [*sale_issues(price, worth, face), *_cheap(price, worth, face)]
        found += _late(version.contract, outcomes.months, face)
        found += _paid_twice(version.contract, face)
        found += _holder_loses(version, face)
        for key, value in _leaves(version.contract.model_dump(mode="python")):
            found += _leaf(key, value, face)
    if 0.0 < received < LEAST_OF_FACE * face:
        found.append(
            _issue(
                "face",
                f"got {face:,.2f}, and the package is expected to receive {received:,.2f} "
                f"({received / face:.4%}); "
                f"expected at least {LEAST_OF_FACE:.1%}: check the units of both",
                face,
            )
        )
    return tuple(dict.fromkeys(found))


def _cheap(price: float, worth: float, face: float) -> Iterator[Issue]:
    if worth > 0.0 and price < LEAST_OF_WORTH * worth:
        yield _issue(
            "price",
            f"the package is sold for {price:,.2f}, {price / worth:.2%} of what it is worth "
            f"if kept ({worth:,.2f}); expected at least "
            f"{LEAST_OF_WORTH:.0%}: check the units of the price",
            face,
        )


def _paid_twice(contract: ChannelContract, face: float) -> Iterator[Issue]:
    """Tell of guarantees of one layer, none of which counts what another has paid."""
    seen: dict[str, str] = {}
    for i, promise in enumerate(contract.undertakings):
        if not isinstance(promise, Guarantee):
            continue
        of = promise.of or contract.layers[0].name
        if of in seen:
            yield _issue(
                f"undertakings.{i}",
                f"guarantee {promise.name!r} of layer {of!r} beside {seen[of]!r}: each counts "
                "collections alone and not what the "
                "other has paid, so that one shortfall is paid twice; expected one guarantee "
                "for each layer",
                face,
            )
        seen[of] = promise.name


def _holder_loses(version: Version, face: float) -> Iterator[Issue]:
    """Tell of options whose holder loses on average, for who expects a loss does not exercise."""
    price = version.retained.run.price
    rows = version.worth.set_index("undertaking")
    for i, u in enumerate(version.contract.undertakings):
        if not isinstance(u, SellerCall | BuyerPut) or u.name not in rows.index:
            continue
        cost, error = float(rows.loc[u.name, "cost"]), float(rows.loc[u.name, "cost_se"])
        loss = cost if isinstance(u, SellerCall) else -cost
        if loss > max(LEAST_LOSS * price, 2.0 * error if math.isfinite(error) else 0.0):
            who = (
                "the bank, which holds it,"
                if isinstance(u, SellerCall)
                else "the buyer, who holds it,"
            )
            yield _issue(
                f"undertakings.{i}.knowledge",
                f"got {u.knowledge!r}, by which {who} loses {loss:,.2f} on {u.kind} "
                f"{u.name!r} on average: the value left is judged badly; "
                "expected estimate or perfect, or another strike",
                face,
            )


def _late(contract: ChannelContract, months: int, face: float) -> Iterator[Issue]:
    for i, promise in enumerate(contract.undertakings):
        if isinstance(promise, Guarantee) and promise.month == 0:
            yield _issue(
                f"undertakings.{i}.month",
                "got 0, before anything is collected, so that the guarantee pays in full at "
                "closing; expected a later month",
                face,
            )
    for i, layer in enumerate(contract.layers):
        for j, claim in enumerate(layer.claims):
            if isinstance(claim, Note) and (claim.maturity or 0) > months:
                yield _issue(
                    f"layers.{i}.claims.{j}.maturity",
                    f"got {claim.maturity}; the outcomes end in month {months}, and principal "
                    "is taken to be due then",
                    face,
                )


def _leaf(key: str, value: float, face: float) -> Iterator[Issue]:
    parts = key.split(".")
    last = parts[-1]
    if (
        last in RATES
        and (last != "floor" or "leg" in parts)
        and value > HIGH_RATE
        and "tax" not in parts
    ):
        yield _issue(
            key,
            f"got {value:g}, {value:.1%} a year; expected at most {HIGH_RATE:.0%}: check the unit",
            face,
        )
    if last in MULTIPLES and abs(value) > HIGH_MULTIPLE:
        yield _issue(
            key,
            f"got {value:g}, that is {value:.0%}; expected a multiple of at most "
            f"{HIGH_MULTIPLE:g}: write {value / 100:g} for {value:g} %",
            face,
        )
    if last == "hazard" and value > HIGH_HAZARD:
        yield _issue(
            key,
            f"got {value:g} a year, a default within {12 / value:.1f} months in the mean; "
            f"expected at most {HIGH_HAZARD:g}: write "
            f"{value / 100:g} for {value:g} % a year",
            face,
        )
    money = last in AMOUNTS or (last == "floor" and "leg" not in parts)
    if money and parts[0] != "price" and value > face > 0.0:
        yield _issue(
            key,
            f"got {value:,.2f}; expected at most the face of {face:,.2f}: check the unit, or "
            "leave a limit out that never binds",
            face,
        )


def _leaves(tree: Any, prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield the path and value of every number of a contract, its facts for the verdict left out."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in pairs:
        path = f"{prefix}.{key}" if prefix else str(key)
        if path in ("accounting", "sources", "hidden"):
            continue
        if isinstance(value, dict | list | tuple):
            yield from _leaves(value, path)
        elif isinstance(value, float | int) and not isinstance(value, bool):
            yield path, float(value)


def _issue(location: str, message: str, gbv: float) -> Issue:
    return Issue("warning", location, message, gbv, grade=DOUBT)
