"""What is wrong across the words of a contract: names that meet nothing, cash that would go round."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from npl_sim.channel.statistics import STATISTICS
from npl_sim.channel.terms.prices import AtMonth, AtTrigger
from npl_sim.channel.terms.undertakings import (
    BuyerPut,
    Guarantee,
    IncomeSwap,
    Repurchase,
    SellerCall,
    TopUp,
)
from npl_sim.channel.terms.vehicles import BANK, RESERVED, DeferredPrice
from npl_sim.core.errors import ChannelError, of_kind

if TYPE_CHECKING:
    from npl_sim.channel.terms.contract_terms import ContractTerms

__all__ = ["Found", "faults", "within_horizon"]

Where = tuple[str | int, ...]
Found = tuple[Where, str]


def faults(contract: ContractTerms) -> tuple[Found, ...]:
    """Return every fault across the words of a contract: the path to the value, and what is wrong with it."""
    checks = (
        _layer_names,
        _holders,
        _deferred,
        _undertakings,
        _tests,
        _swaps,
        _default,
        _plan,
        _accounting,
        _classes,
    )
    return tuple(fault for check in checks for fault in check(contract))


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"expected one of: {', '.join(names)}"


def _almost(name: str, layers: Iterable[str]) -> str:
    """Return the bank's or a layer's name where another is written almost like it; empty where there is none."""
    close = difflib.get_close_matches(name, [BANK], n=1, cutoff=0.7)
    close = close or difflib.get_close_matches(name, list(layers), n=1, cutoff=0.9)
    return close[0] if close else ""


def _layer_names(contract: ContractTerms) -> Iterator[Found]:
    seen: set[str] = set()
    for i, layer in enumerate(contract.vehicles):
        if layer.name in RESERVED:
            yield (
                ("vehicles", i, "name"),
                f"got {layer.name!r}, which names who takes part in every contract; expected another name",
            )
        if layer.name in seen:
            yield (
                ("vehicles", i, "name"),
                f"got {layer.name!r} a second time; expected a name of its own",
            )
        seen.add(layer.name)


def _accounting(contract: ContractTerms) -> Iterator[Found]:
    accounting = contract.accounting
    # A side letter may bring a buyer that is not shown.
    layers = (
        *contract.vehicles,
        *((contract.side_letter and contract.side_letter.vehicles) or ()),
    )
    names = {layer.name for layer in layers} | {c.holder for layer in layers for c in layer.claims}
    known = sorted(names - {BANK})
    keys = ("own_wealth_products", "asset_management_products")
    for key in keys:
        for i, name in enumerate(getattr(accounting, key) or ()):
            if name not in known:
                yield (
                    ("accounting", key, i),
                    f"got {name!r}, which neither buys nor holds anything; {_near(name, known)}",
                )
    statistic = accounting.thresholds.statistic
    if statistic not in STATISTICS:
        yield (
            ("accounting", "thresholds", "statistic"),
            f"got {statistic!r}; {_near(statistic, STATISTICS)}",
        )
    if accounting.deal is not None and accounting.form != "securitisation":
        yield (
            ("accounting", "deal"),
            f"got one with form {accounting.form!r}; expected it with securitisation alone",
        )


def _classes(contract: ContractTerms) -> Iterator[Found]:
    """Yield classes that are stated of a securitisation and that no vehicle has."""
    first = [
        contract.vehicles[0],
        *((contract.side_letter and contract.side_letter.vehicles) or ())[:1],
    ]
    known = [claim.name for layer in first for claim in layer.funded]
    deal = contract.accounting.deal
    for i, position in enumerate(deal.positions if deal else ()):
        if position.name not in known:
            where = ("accounting", "deal", "positions", i, "name")
            yield (
                where,
                f"got {position.name!r}, no funded claim of the first vehicle; {_near(position.name, known)}",
            )


def _holders(contract: ContractTerms) -> Iterator[Found]:
    names = [layer.name for layer in contract.vehicles]
    held = set()
    for i, layer in enumerate(contract.vehicles):
        for j, claim in enumerate(layer.claims):
            if isinstance(claim, DeferredPrice):
                continue
            where = ("vehicles", i, "claims", j, "holder")
            if claim.holder in RESERVED and claim.holder != BANK:
                yield (
                    where,
                    f"got {claim.holder!r}; expected bank, a later layer, or the name of an investor",
                )
            elif claim.holder in names[: i + 1]:
                yield (
                    where,
                    f"got {claim.holder!r}, which is not below {layer.name!r}; expected a later layer",
                )
            elif claim.holder not in (*names, BANK) and (near := _almost(claim.holder, names)):
                yield (
                    where,
                    f"got {claim.holder!r}, too near {near!r} to be an investor's name; did you mean {near!r}?",
                )
            held.add(claim.holder)
    for i, name in enumerate(names[1:], start=1):
        if name not in held:
            yield (
                ("vehicles", i, "name"),
                f"{name!r} holds no claim of an earlier layer, so no cash would reach it; expected one",
            )


def _deferred(contract: ContractTerms) -> Iterator[Found]:
    total = 0.0
    for i, layer in enumerate(contract.vehicles):
        for j, claim in enumerate(layer.claims):
            if isinstance(claim, DeferredPrice):
                total += claim.share
                if i > 0:
                    yield (
                        ("vehicles", i, "claims", j),
                        "a deferred price in a later layer; expected it in the first, which buys the package",
                    )
    if total > 1.0 + 1e-12:
        yield (
            ("vehicles", 0, "claims"),
            f"deferred prices sum to {total:g} of the price; expected at most 1",
        )


def _undertakings(contract: ContractTerms) -> Iterator[Found]:
    seen: set[str] = set()
    layers = [layer.name for layer in contract.vehicles]
    notes = [note.name for layer in contract.vehicles for note in layer.notes]
    for i, promise in enumerate(contract.undertakings):
        if promise.name in seen:
            yield (
                ("undertakings", i, "name"),
                f"got {promise.name!r} a second time; expected a name of its own",
            )
        seen.add(promise.name)
        if isinstance(promise, Guarantee) and promise.of is not None and promise.of not in layers:
            yield (
                ("undertakings", i, "of"),
                f"got {promise.of!r}, which is no layer; {_near(promise.of, layers)}",
            )
        if isinstance(promise, TopUp):
            if not notes:
                yield (
                    ("undertakings", i, "of"),
                    f"got {promise.of!r}; no layer has a note that could be topped up",
                )
            elif promise.of not in notes:
                yield (
                    ("undertakings", i, "of"),
                    f"got {promise.of!r}, which is no note; {_near(promise.of, notes)}",
                )
            elif notes.count(promise.of) > 1:
                yield (
                    ("undertakings", i, "of"),
                    f"got {promise.of!r}, which several layers call a note; expected a name that is unique",
                )


def _tests(contract: ContractTerms) -> Iterator[Found]:
    for i, u in enumerate(contract.undertakings):
        if isinstance(u, Repurchase) and isinstance(u.at, AtTrigger):
            last = u.at.last_test
            if last is not None and last < u.at.first_test:
                yield (
                    ("undertakings", i, "at", "last_test"),
                    f"got {last} before first_test {u.at.first_test}; expected it at or after that, for else nothing is tested",
                )


def _swaps(contract: ContractTerms) -> Iterator[Found]:
    swaps = [i for i, u in enumerate(contract.undertakings) if isinstance(u, IncomeSwap)]
    for i in swaps[1:]:
        yield (
            ("undertakings", i),
            "a second income swap; expected at most one, since both would pass back the same cash",
        )
    for i in swaps:
        swap = contract.undertakings[i]
        swap = of_kind(swap, IncomeSwap, "swap")
        if swap.last_month is not None and swap.last_month < swap.first_month:
            yield (
                ("undertakings", i, "last_month"),
                f"got {swap.last_month} before first_month {swap.first_month}; expected it later",
            )


def _default(contract: ContractTerms) -> Iterator[Found]:
    names = [layer.name for layer in contract.vehicles]
    if contract.channel_default is not None and contract.channel_default.of not in names:
        of = contract.channel_default.of
        yield ("channel_default", "of"), f"got {of!r}, which is no layer; {_near(of, names)}"


def _plan(contract: ContractTerms) -> Iterator[Found]:
    months = [point.month for point in contract.plan or ()]
    if any(b <= a for a, b in zip(months, months[1:], strict=False)):
        yield ("plan",), f"months {months} do not rise; expected each later than the one before"


def within_horizon(contract: ContractTerms, horizon: int) -> None:
    """Refuse words that lie beyond the last month of the outcomes.

    Raises
    ------
    ChannelError
        At the first of them.
    """
    late: list[tuple[str, int]] = []
    for u in contract.undertakings:
        if isinstance(u, Repurchase) and isinstance(u.at, AtMonth):
            late.append((f"undertaking {u.name!r}: at.month", u.at.month))
        if isinstance(u, Repurchase) and not isinstance(u.at, AtMonth):
            late.append((f"undertaking {u.name!r}: at.first_test", u.at.first_test))
        if isinstance(u, SellerCall | BuyerPut):
            late.append((f"undertaking {u.name!r}: months", u.months[-1]))
        if isinstance(u, IncomeSwap):
            late.append((f"undertaking {u.name!r}: first_month", u.first_month))
            if u.last_month is not None:
                late.append((f"undertaking {u.name!r}: last_month", u.last_month))
        if isinstance(u, Guarantee) and u.month is not None:
            late.append((f"undertaking {u.name!r}: month", u.month))
    for claim in contract.vehicles[0].claims:
        if isinstance(claim, DeferredPrice):
            late.append((f"claim {claim.name!r}: month", claim.month))
    for what, month in late:
        if month > horizon:
            raise ChannelError(
                f"{what}: got {month}; expected at most {horizon}, the last month of the outcomes"
            )
