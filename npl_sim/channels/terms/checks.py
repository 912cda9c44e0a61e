"""Checks across the terms of a contract: unknown names, circular cash, late dates."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from npl_sim.channels.statistics import STATISTICS
from npl_sim.channels.terms.prices import AtMonth, AtTrigger
from npl_sim.channels.terms.undertakings import (
    BuyerPut,
    Guarantee,
    IncomeSwap,
    Repurchase,
    SellerCall,
    TopUp,
)
from npl_sim.channels.terms.vehicles import BANK, RESERVED, DeferredPrice
from npl_sim.core.errors import ChannelError
from npl_sim.core.issues import Issue, error_at

if TYPE_CHECKING:
    from npl_sim.channels.terms.contract_terms import ContractTerms


def contract_errors(contract: ContractTerms) -> tuple[Issue, ...]:
    """Return every error across the terms of a contract."""
    checks = (
        _vehicle_names,
        _holders,
        _deferred,
        _undertakings,
        _swaps,
        _default_and_plan,
        _accounting,
        _classes,
    )
    return tuple(error for check in checks for error in check(contract))


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"expected one of: {', '.join(names)}"


def _misspelled(name: str, vehicles: list[str]) -> str:
    """Return the name of the bank or a vehicle that is almost the given one, or nothing."""
    close = difflib.get_close_matches(name, [BANK], n=1, cutoff=0.7)
    close = close or difflib.get_close_matches(name, vehicles, n=1, cutoff=0.9)
    return close[0] if close else ""


def _vehicle_names(contract: ContractTerms) -> Iterator[Issue]:
    seen: set[str] = set()
    for i, vehicle in enumerate(contract.vehicles):
        name, where = vehicle.name, ("vehicles", i, "name")
        if name in RESERVED:
            yield error_at(
                where, f"got {name!r}, a party of every contract; expected another name"
            )
        if name in seen:
            yield error_at(where, f"got {name!r} a second time; expected a unique name")
        seen.add(name)


def _accounting(contract: ContractTerms) -> Iterator[Issue]:
    accounting = contract.accounting
    # A side letter may add a buyer that is not disclosed.
    vehicles = (
        *contract.vehicles,
        *((contract.side_letter and contract.side_letter.vehicles) or ()),
    )
    names = {x.name for x in vehicles} | {c.holder for x in vehicles for c in x.claims}
    known = sorted(names - {BANK})
    for key in ("own_wealth_products", "asset_management_products"):
        for i, name in enumerate(getattr(accounting, key) or ()):
            if name not in known:
                text = f"got {name!r}, which neither buys nor holds anything; {_near(name, known)}"
                yield error_at(("accounting", key, i), text)
    statistic = accounting.thresholds.statistic
    if statistic not in STATISTICS:
        where = ("accounting", "thresholds", "statistic")
        yield error_at(where, f"got {statistic!r}; {_near(statistic, STATISTICS)}")
    if accounting.deal is not None and accounting.form != "securitization":
        text = f"got one with form {accounting.form!r}; expected it only with form securitization"
        yield error_at(("accounting", "deal"), text)


def _classes(contract: ContractTerms) -> Iterator[Issue]:
    """Yield stated classes of a securitization that no vehicle has."""
    first = [
        contract.vehicles[0],
        *((contract.side_letter and contract.side_letter.vehicles) or ())[:1],
    ]
    known = [claim.name for vehicle in first for claim in vehicle.funded]
    deal = contract.accounting.deal
    for i, position in enumerate(deal.positions if deal else ()):
        if position.name not in known:
            near = _near(position.name, known)
            text = f"got {position.name!r}, no funded claim of the first vehicle; {near}"
            yield error_at(("accounting", "deal", "positions", i, "name"), text)


def _holders(contract: ContractTerms) -> Iterator[Issue]:
    names = [vehicle.name for vehicle in contract.vehicles]
    holders = set()
    for i, vehicle in enumerate(contract.vehicles):
        for j, claim in enumerate(vehicle.claims):
            if isinstance(claim, DeferredPrice):
                continue
            where, holder = ("vehicles", i, "claims", j, "holder"), claim.holder
            holders.add(holder)
            if holder in RESERVED and holder != BANK:
                expected = "bank, a later vehicle, or the name of an investor"
                yield error_at(where, f"got {holder!r}; expected {expected}")
            elif holder in names[: i + 1]:
                text = f"got {holder!r}, which is not below {vehicle.name!r}"
                yield error_at(where, f"{text}; expected a later vehicle")
            elif holder not in (*names, BANK) and (near := _misspelled(holder, names)):
                text = f"got {holder!r}, too similar to {near!r} for the name of an investor"
                yield error_at(where, f"{text}; did you mean {near!r}?")
    for i, name in enumerate(names[1:], start=1):
        if name not in holders:
            text = f"{name!r} holds no claim of an earlier vehicle, so it gets no cash"
            yield error_at(("vehicles", i, "name"), f"{text}; expected one")


def _deferred(contract: ContractTerms) -> Iterator[Issue]:
    total = 0.0
    for i, vehicle in enumerate(contract.vehicles):
        for j, claim in enumerate(vehicle.claims):
            if isinstance(claim, DeferredPrice):
                total += claim.share
                if i > 0:
                    text = "a deferred price in a later vehicle; expected it in the first one"
                    yield error_at(("vehicles", i, "claims", j), text)
    if total > 1.0 + 1e-12:
        text = f"deferred prices sum to {total:g} of the price; expected at most 1"
        yield error_at(("vehicles", 0, "claims"), text)


def _undertakings(contract: ContractTerms) -> Iterator[Issue]:
    seen: set[str] = set()
    vehicles = [vehicle.name for vehicle in contract.vehicles]
    notes = [note.name for vehicle in contract.vehicles for note in vehicle.notes]
    for i, u in enumerate(contract.undertakings):
        where = ("undertakings", i, "of")
        if u.name in seen:
            text = f"got {u.name!r} a second time; expected a unique name"
            yield error_at(("undertakings", i, "name"), text)
        seen.add(u.name)
        if isinstance(u, Guarantee) and u.of is not None and u.of not in vehicles:
            yield error_at(where, f"got {u.of!r}, which is no vehicle; {_near(u.of, vehicles)}")
        elif isinstance(u, TopUp) and not notes:
            yield error_at(where, f"got {u.of!r}; expected a vehicle that has a note to top up")
        elif isinstance(u, TopUp) and u.of not in notes:
            yield error_at(where, f"got {u.of!r}, which is no note; {_near(u.of, notes)}")
        elif isinstance(u, TopUp) and notes.count(u.of) > 1:
            text = f"got {u.of!r}, the name of notes of several vehicles; expected a unique name"
            yield error_at(where, text)
        elif isinstance(u, Repurchase) and isinstance(u.at, AtTrigger):
            last, first = u.at.last_test, u.at.first_test
            if last is not None and last < first:
                text = f"got {last} before first_test {first}; expected it at or after first_test"
                yield error_at(("undertakings", i, "at", "last_test"), text)


def _swaps(contract: ContractTerms) -> Iterator[Issue]:
    swaps = [(i, u) for i, u in enumerate(contract.undertakings) if isinstance(u, IncomeSwap)]
    for i, _ in swaps[1:]:
        text = (
            "a second income swap; expected at most one, since both would pass back the same cash"
        )
        yield error_at(("undertakings", i), text)
    for i, swap in swaps:
        last, first = swap.last_month, swap.first_month
        if last is not None and last < first:
            where = ("undertakings", i, "last_month")
            yield error_at(where, f"got {last} before first_month {first}; expected it later")


def _default_and_plan(contract: ContractTerms) -> Iterator[Issue]:
    names, default = [vehicle.name for vehicle in contract.vehicles], contract.channel_default
    if default is not None and default.of not in names:
        text = f"got {default.of!r}, which is no vehicle; {_near(default.of, names)}"
        yield error_at(("channel_default", "of"), text)
    months = [point.month for point in contract.plan or ()]
    if any(b <= a for a, b in pairwise(months)):
        text = f"months {months} are not increasing; expected each later than the one before"
        yield error_at(("plan",), text)


def within_horizon(contract: ContractTerms, horizon: int) -> None:
    """Refuse dates of a contract after the last month of the outcomes.

    Raises
    ------
    ChannelError
        At the first of them.
    """
    for place, month in _dates(contract):
        if month > horizon:
            raise ChannelError(
                f"{place}: got {month}; expected at most {horizon}, the last month of the outcomes"
            )


def _dates(contract: ContractTerms) -> Iterator[tuple[str, int]]:
    for u in contract.undertakings:
        place = f"undertaking {u.name!r}"
        if isinstance(u, Repurchase):
            if isinstance(u.at, AtMonth):
                yield f"{place}: at.month", u.at.month
            else:
                yield f"{place}: at.first_test", u.at.first_test
        elif isinstance(u, SellerCall | BuyerPut):
            yield f"{place}: months", u.months[-1]
        elif isinstance(u, IncomeSwap):
            yield f"{place}: first_month", u.first_month
            yield f"{place}: last_month", u.last_month or 0
        elif isinstance(u, Guarantee):
            yield f"{place}: month", u.month or 0
    for claim in contract.vehicles[0].claims:
        if isinstance(claim, DeferredPrice):
            yield f"claim {claim.name!r}: month", claim.month
