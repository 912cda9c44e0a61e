"""Plausibility of a contract beside its package: prices, rates, units of amounts, months."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from npl_sim.analysis.plausibility import cash_issues, sale_issues
from npl_sim.channels.result import ChannelResult, Version
from npl_sim.channels.statistics import weighted_sum
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.channels.terms.undertakings import BuyerPut, Guarantee, SellerCall
from npl_sim.channels.terms.vehicles import Note
from npl_sim.core.issues import DOUBT, Issue

HIGH_RATE = 0.36
"""Highest usual yearly rate: the highest that Chinese courts ever enforced. [per year]"""

LEAST_OF_WORTH = 0.1
"""Lowest usual sale price, as a share of the expected value. [share of 1]"""

LEAST_OF_FACE = 0.002
"""Lowest ratio of expected receipts to face if both have the same unit. [share of 1]"""

AMOUNTS = {
    "amount", "constant", "cap", "deductible", "reference", "per_date", "lifetime", "upfront",
    "cumulative",
}  # fmt: skip
"""Keys of amounts that are compared with the face."""

MULTIPLES = {
    "share", "cap_share", "notional", "below", "variation", "hurdle_of_price", "of_price",
    "of_face", "of_collections", "of_value",
}  # fmt: skip
"""Keys of multiples of an amount, which a percentage would make a hundred times too large."""

HIGH_MULTIPLE = 2.0
"""Multiple above which it was probably typed in percent. [share of 1]"""

LEAST_LOSS = 0.001
"""Smallest mean loss of an option's holder that is reported, over the price. [share of 1]"""

HIGH_HAZARD = 1.0
"""Hazard of default above which it was probably typed in percent. [per year]"""

RATES = {"rate", "carry", "spread", "floor", "discount_rate"}
"""Keys of yearly rates; `floor` only below a `leg`."""


def contract_issues(result: ChannelResult) -> tuple[Issue, ...]:
    """Return implausible combinations of a contract and its package.

    Parameters
    ----------
    result
        A measured contract.
    """
    face, worth = result.outcomes.face, _expected_value(result)
    issues = list(cash_issues("expected value of the package", worth, face))
    for version in result.versions:
        issues += sale_issues(version.retained.run.price, worth, face)
    issues += [
        Issue("warning", location, message, face, grade=DOUBT)
        for location, message in _warnings(result, worth)
    ]
    return tuple(dict.fromkeys(issues))


def _expected_value(result: ChannelResult) -> float:
    before = result.versions[0].retained.before
    return float(weighted_sum(result.outcomes.probability, before))


def _warnings(result: ChannelResult, worth: float) -> Iterator[tuple[str, str]]:
    """Yield the location and the message of each warning."""
    outcomes, face = result.outcomes, result.outcomes.face
    received = float(outcomes.mean(outcomes.received).sum())
    for version in result.versions:
        contract, price = version.contract, version.retained.run.price
        if worth > 0.0 and price < LEAST_OF_WORTH * worth:
            yield (
                "price",
                f"the package is sold for {price:,.2f}, {price / worth:.2%} of its value if kept "
                f"({worth:,.2f}); expected at least {LEAST_OF_WORTH:.0%}: "
                "check the units of the price",
            )
        yield from _dates(contract, outcomes.months)
        yield from _paid_twice(contract)
        yield from _holder_loses(version)
        for key, value in _numbers(contract.model_dump(mode="python")):
            yield from _number(key, value, face)
    if 0.0 < received < LEAST_OF_FACE * face:
        yield (
            "face",
            f"got {face:,.2f}, and the package is expected to receive {received:,.2f} "
            f"({received / face:.4%}); expected at least {LEAST_OF_FACE:.1%}: "
            "check the units of both",
        )


def _paid_twice(contract: ChannelContract) -> Iterator[tuple[str, str]]:
    """Yield guarantees of the same vehicle; each ignores the payments of the other."""
    seen: dict[str, str] = {}
    for i, promise in enumerate(contract.undertakings):
        if not isinstance(promise, Guarantee):
            continue
        of = promise.of or contract.vehicles[0].name
        if of in seen:
            yield (
                f"undertakings.{i}",
                f"guarantee {promise.name!r} of vehicle {of!r} beside {seen[of]!r}: each counts "
                "collections only, so one shortfall is paid twice; "
                "expected one guarantee for each vehicle",
            )
        seen[of] = promise.name


def _holder_loses(version: Version) -> Iterator[tuple[str, str]]:
    """Yield options whose holder loses on average; a rational holder would not exercise them."""
    price = version.retained.run.price
    rows = version.worth.set_index("undertaking")
    for i, u in enumerate(version.contract.undertakings):
        if not isinstance(u, SellerCall | BuyerPut) or u.name not in rows.index:
            continue
        cost, error = float(rows.loc[u.name, "cost"]), float(rows.loc[u.name, "cost_se"])
        loss, holder = (cost, "bank") if isinstance(u, SellerCall) else (-cost, "buyer")
        if loss > max(LEAST_LOSS * price, 2.0 * error if math.isfinite(error) else 0.0):
            yield (
                f"undertakings.{i}.knowledge",
                f"got {u.knowledge!r}, by which its holder, the {holder}, loses {loss:,.2f} on "
                f"{u.kind} {u.name!r} on average. The value left is estimated badly; "
                "expected estimate or perfect, or another strike",
            )


def _dates(contract: ChannelContract, months: int) -> Iterator[tuple[str, str]]:
    for i, promise in enumerate(contract.undertakings):
        if isinstance(promise, Guarantee) and promise.month == 0:
            yield (
                f"undertakings.{i}.month",
                "got 0, before any collections, so the guarantee pays in full at closing; "
                "expected a later month",
            )
    for i, vehicle in enumerate(contract.vehicles):
        for j, claim in enumerate(vehicle.claims):
            if isinstance(claim, Note) and (claim.maturity or 0) > months:
                yield (
                    f"vehicles.{i}.claims.{j}.maturity",
                    f"got {claim.maturity}; the outcomes end in month {months}, and principal "
                    "counts as due then",
                )


def _number(key: str, value: float, face: float) -> Iterator[tuple[str, str]]:
    parts = key.split(".")
    last, leg_floor = parts[-1], parts[-1] == "floor" and "leg" in parts
    is_rate = last in RATES and (last != "floor" or leg_floor) and "tax" not in parts
    if is_rate and value > HIGH_RATE:
        yield (
            key,
            f"got {value:g}, {value:.1%} a year; expected at most {HIGH_RATE:.0%}: check the unit",
        )
    if last in MULTIPLES and abs(value) > HIGH_MULTIPLE:
        yield (
            key,
            f"got {value:g}, that is {value:.0%}; expected a multiple of at most "
            f"{HIGH_MULTIPLE:g}: write {value / 100:g} for {value:g} %",
        )
    if last == "hazard" and value > HIGH_HAZARD:
        yield (
            key,
            f"got {value:g} a year, a default within {12 / value:.1f} months on average; "
            f"expected at most {HIGH_HAZARD:g}: write {value / 100:g} for {value:g} % a year",
        )
    is_amount = last in AMOUNTS or (last == "floor" and not leg_floor)
    if is_amount and parts[0] != "price" and value > face > 0.0:
        yield (
            key,
            f"got {value:,.2f}; expected at most the face of {face:,.2f}: check the unit, "
            "or leave out a limit that never binds",
        )


def _numbers(tree: Any, prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield the path and value of every number of a contract, without facts for the verdict."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in pairs:
        path = f"{prefix}.{key}" if prefix else str(key)
        if path in ("accounting", "sources", "side_letter"):
            continue
        if isinstance(value, dict | list | tuple):
            yield from _numbers(value, path)
        elif isinstance(value, float | int) and not isinstance(value, bool):
            yield path, float(value)
