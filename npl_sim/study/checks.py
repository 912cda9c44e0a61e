"""Cross-section validation of a study: errors, and warnings on likely mistakes."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterator

from npl_sim.core.errors import shortened
from npl_sim.core.issues import Issue, error_at, warning_at
from npl_sim.policy.policy import AppliesTo
from npl_sim.study.country_checks import PLACES
from npl_sim.study.figure_sources import SOURCES
from npl_sim.study.law_checks import LAW
from npl_sim.study.model import Study
from npl_sim.study.optional_checks import OPTIONAL
from npl_sim.study.valuation_checks import VALUE
from npl_sim.study.volatility_checks import RATES
from npl_sim.tape.names import kind_and_place, normal_name
from npl_sim.tape.schema import TAPE_STAGES


def study_issues(study: Study) -> tuple[Issue, ...]:
    """Return the errors and warnings across the sections of a study."""
    checks = (
        _currency,
        _stress,
        _overlays,
        _policy_names,
        _kinds,
        _indices,
        _conditions,
        _sales,
        _shadowed,
        _too_late,
        _durations,
        _still_world,
        _waiting_sales,
        _placements,
        _idle_preservation,
    )
    return tuple(
        issue
        for check in (*checks, *PLACES, *RATES, *LAW, *VALUE, *SOURCES, *OPTIONAL)
        for issue in check(study)
    )


def _near(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _currency(study: Study) -> Iterator[Issue]:
    other = study.tape.currency
    if "currency" in study.tape.model_fields_set and other != study.currency:
        yield error_at(
            ("tape", "currency"),
            f"got {other!r}; expected {study.currency!r}, the study's: nothing is converted",
        )


def _stress(study: Study) -> Iterator[Issue]:
    known = tuple(s.name for s in study.market.stresses)
    for i, name in enumerate(study.stress):
        if name in study.stress[:i]:
            yield error_at(
                ("stress", i), f"got {shortened(name)!r} a second time; expected each stress once"
            )
        if name not in known:
            expected = ", ".join(known) or "none, the market names no stresses"
            yield error_at(
                ("stress", i),
                f"got {shortened(name)!r}; expected one of: {expected}{_near(name, known)}",
            )


def _overlays(study: Study) -> Iterator[Issue]:
    names = study.market.all_names
    for i, stress in enumerate(study.market.stresses):
        for j, overlay in enumerate(stress.overlays):
            matched = any(
                fnmatch.fnmatchcase(n, overlay.factor) for n in study.market.factor_names
            )
            if not matched and overlay.factor not in names:
                yield error_at(
                    ("market", "stresses", i, "overlays", j, "factor"),
                    f"got {shortened(overlay.factor)!r}, which names no factor; expected one of, "
                    f"or a pattern for: {', '.join(names)}{_near(overlay.factor, names)}",
                )


def _policy_names(study: Study) -> Iterator[Issue]:
    names = [p.name for p in study.policies]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield error_at(
                ("policies", i, "name"),
                f"got {shortened(name)!r} a second time; expected different names",
            )


def _kinds(study: Study) -> Iterator[Issue]:
    """Refuse kinds that the tape does not distinguish."""
    first: dict[str, str] = {}
    for kind in study.collateral:
        other = first.setdefault(kind_and_place(kind), kind)
        if other != kind:
            yield error_at(
                ("collateral", kind),
                f"is the kind {shortened(other)!r} again; expected each kind once",
            )


def _indices(study: Study) -> Iterator[Issue]:
    first: dict[tuple[str, str], str] = {}
    for i, index in enumerate(study.market.indices):
        names = normal_name("region", index.region), normal_name("kind", index.kind)
        other = first.setdefault(names, index.name)
        if other != index.name:
            yield error_at(
                ("market", "indices", i),
                f"{shortened(index.name)!r} is {shortened(other)!r} again; expected one index "
                "for each region and kind",
            )


def _conditions(study: Study) -> Iterator[Issue]:
    for i, policy in enumerate(study.policies):
        where, condition = ("policies", i, "applies_to"), policy.applies_to
        for j, stage in enumerate(condition.stages):
            if stage not in TAPE_STAGES:
                yield error_at(
                    (*where, "stages", j),
                    f"got {shortened(stage)!r}; expected one of: "
                    f"{', '.join(TAPE_STAGES)}{_near(stage, TAPE_STAGES)}",
                )
        if condition.maximum_gbv is not None and condition.maximum_gbv < condition.minimum_gbv:
            yield error_at(
                (*where, "maximum_gbv"),
                f"got {condition.maximum_gbv:g}; expected at least minimum_gbv, "
                f"{condition.minimum_gbv:g}",
            )


def _sales(study: Study) -> Iterator[Issue]:
    horizon = study.simulation.horizon_months
    for i, policy in enumerate(study.policies):
        if policy.sale is not None and policy.sale.month > horizon:
            yield warning_at(
                ("policies", i, "sale", "month"),
                f"got {policy.sale.month}, beyond the horizon of {horizon} months: nothing will "
                "be sold",
            )


def _covers(wide: AppliesTo, narrow: AppliesTo) -> bool:
    """Return whether every loan that meets `narrow` meets `wide`."""
    lists = ("products", "segments", "regions", "stages", "loans")
    inside = all(
        not getattr(wide, name)
        or (getattr(narrow, name) and set(getattr(narrow, name)) <= set(getattr(wide, name)))
        for name in lists
    )
    below = wide.maximum_gbv is None or (
        narrow.maximum_gbv is not None and narrow.maximum_gbv <= wide.maximum_gbv
    )
    return (
        inside
        and below
        and wide.minimum_gbv <= narrow.minimum_gbv
        and wide.secured in (None, narrow.secured)
    )


def _shadowed(study: Study) -> Iterator[Issue]:
    for i, policy in enumerate(study.policies):
        for earlier in study.policies[:i]:
            # A policy that names loans comes before those that name none.
            if policy.rank >= earlier.rank and _covers(earlier.applies_to, policy.applies_to):
                which = "every loan" if earlier.applies_to == AppliesTo() else "all of its loans"
                yield warning_at(
                    ("policies", i),
                    f"policy {shortened(policy.name)!r} can never apply: "
                    f"{shortened(earlier.name)!r} comes before it and takes {which}",
                )
                break


def _too_late(study: Study) -> Iterator[Issue]:
    """Warn of actions planned for loans that have left collection by then."""
    for i, policy in enumerate(study.policies):
        collection, suit, offer = policy.collection, policy.litigation, policy.restructuring
        sued = (
            suit is not None and suit.minimum_claim == 0 and suit.after_months <= collection.months
        )
        last = suit.after_months if suit is not None and sued else collection.months
        why = f"collection ends in month {last}" + (
            ", when every loan left is sued" if sued else ""
        )
        if offer is not None and (
            offer.offer_month > last or (sued and offer.offer_month == last)
        ):
            yield warning_at(
                ("policies", i, "restructuring", "offer_month"),
                f"got {offer.offer_month}, but {why}: no offer will be made",
            )
        for j, agency in enumerate(collection.agencies):
            if agency.from_month >= last:
                yield warning_at(
                    ("policies", i, "collection", "agencies", j, "from_month"),
                    f"got {agency.from_month}, but {why}: {shortened(agency.name)!r} will get "
                    "no account",
                )


def _durations(study: Study) -> Iterator[Issue]:
    horizon = study.simulation.horizon_months
    for i, policy in enumerate(study.policies):
        if policy.litigation is not None:
            needed = policy.litigation.after_months + policy.litigation.lawsuit.duration.mean
            if needed >= horizon:
                yield warning_at(
                    ("policies", i, "litigation"),
                    f"an average suit ends in month {needed:.0f}, beyond the horizon of "
                    f"{horizon} months: its costs will be seen, its proceeds will not",
                )


def _still_world(study: Study) -> Iterator[Issue]:
    market = study.market
    reverting = (market.cooperation, market.congestion)
    moves = any(f.volatility for f in reverting) or any(i.volatility for i in market.indices)
    if not moves and study.simulation.scenarios > 2:
        yield warning_at(
            ("market",),
            "no factor has a volatility, so only idiosyncratic risk spreads the price: a large "
            "package will look almost certain",
        )


def _waiting_sales(study: Study) -> Iterator[Issue]:
    known = study.market.factor_names
    for i, policy in enumerate(study.policies):
        wait = policy.sale.wait_for if policy.sale else None
        if wait is not None and wait.factor not in known:
            yield error_at(
                ("policies", i, "sale", "wait_for", "factor"),
                f"got {shortened(wait.factor)!r}; expected one of: "
                f"{', '.join(known)}{_near(wait.factor, known)}",
            )


def _placements(study: Study) -> Iterator[Issue]:
    known = {c.name: c for c in study.contracts}
    names = tuple(known)
    for n, contract in enumerate(study.contracts):
        if contract.name in names[:n]:
            yield error_at(
                ("contracts", n, "name"),
                f"got {shortened(contract.name)!r} a second time; expected different names",
            )
    horizon = study.simulation.horizon_months
    for i, policy in enumerate(study.policies):
        for k, agency in enumerate(policy.collection.agencies):
            where = ("policies", i, "collection", "agencies", k)
            if agency.contract and agency.contract not in known:
                expected = ", ".join(names) or "none, the study has no contracts"
                near = _near(agency.contract, names)
                yield error_at(
                    (*where, "contract"),
                    f"got {shortened(agency.contract)!r}; expected one of: {expected}{near}",
                )
            elif agency.contract and known[agency.contract].settles_at_end:
                last = agency.from_month + agency.months
                if agency.from_month < horizon < last:
                    yield error_at(
                        (*where, "months"),
                        f"the placement ends in month {last}, beyond the horizon of {horizon}; "
                        "expected it within the horizon: contract "
                        "{shortened(agency.contract)!r} settles at its end",
                    )


def _idle_preservation(study: Study) -> Iterator[Issue]:
    for i, policy in enumerate(study.policies):
        if (
            policy.litigation is None
            or policy.litigation.preservation is None
            or policy.enforcement is None
        ):
            continue
        if not any(a.freeze_probability > 0.0 for a in policy.enforcement.assets):
            yield warning_at(
                ("policies", i, "litigation", "preservation"),
                "preservation is paid for, but no asset class of the enforcement has "
                "freeze_probability above 0: it will freeze nothing",
            )
