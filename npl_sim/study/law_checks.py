"""Legal checks of a study: limits on collection, and provisions of law that are assumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.core.issues import Issue, error_at, warning_at
from npl_sim.core.language import gettext as _
from npl_sim.legal.regime import ContactCap
from npl_sim.policy.collection import ContactMethod
from npl_sim.study.model import Study

Where = tuple[str | int, ...]

DUST = 1e-9
"""Tolerance for rounding of a sum or a product. [share]"""


def _plans(study: Study) -> Iterator[tuple[Where, tuple[ContactMethod, ...]]]:
    """Yield every set of contact methods that works one account at one time, with its path."""
    for i, policy in enumerate(study.policies):
        where = ("policies", i, "collection")
        yield (*where, "contact_methods"), policy.collection.contact_methods
        for j, agency in enumerate(policy.collection.agencies):
            yield (*where, "agencies", j, "contact_methods"), agency.contact_methods


def _contacts(study: Study) -> Iterator[Issue]:
    """Borrowers' rights bound what collection may do, the creditor's own and an agency's alike."""
    for where, methods in _plans(study):
        for cap in study.legal.contact_caps:
            yield from _over(cap, where, methods, study.legal.name)


def _over(
    cap: ContactCap, where: Where, methods: tuple[ContactMethod, ...], law: str
) -> Iterator[Issue]:
    month = day = 0.0
    for k, method in enumerate(methods):
        if method.method != cap.method:
            continue
        month += method.contacts_per_month
        day += method.busiest_day
        daily = "contacts_per_month" if method.maximum_per_day is None else "maximum_per_day"
        limits = (
            ("month", month, cap.per_month, "contacts_per_month"),
            ("week", month * 7.0 / DAYS_PER_MONTH, cap.per_week, "contacts_per_month"),
            ("day", day, cap.per_day, daily),
        )
        for period, got, most, key in limits:
            if most is not None and got > most * (1.0 + DUST):
                yield error_at(
                    (*where, k, key),
                    _(
                        "got {got:.4g} {method}s a {period} for one account; expected at most "
                        "{most:g} under {law}: {rule}"
                    ).format(
                        got=got,
                        method=cap.method,
                        period=period,
                        most=most,
                        law=law,
                        rule=cap.rule,
                    ),
                )


def _quiet(study: Study) -> Iterator[Issue]:
    quiet = study.legal.quiet_hours
    if quiet is None:
        return
    for where, methods in _plans(study):
        for k, method in enumerate(methods):
            if quiet.overlap(*method.hours):
                yield error_at(
                    (*where, k, "hours"),
                    _(
                        "got {method}s from {hours} to {hours2}; expected none from {begin} to "
                        "{end} under {legal}: {rule}"
                    ).format(
                        method=method.method,
                        hours=_clock(method.hours[0]),
                        hours2=_clock(method.hours[1]),
                        begin=_clock(quiet.begin),
                        end=_clock(quiet.end),
                        legal=study.legal.name,
                        rule=quiet.rule,
                    ),
                )


def _clock(hour: float) -> str:
    minutes = round(hour * 60)
    return f"{minutes // 60}:{minutes % 60:02d}"


def _security(study: Study) -> Iterator[Issue]:
    for i, policy in enumerate(study.policies):
        preservation = policy.litigation.preservation if policy.litigation else None
        if preservation is None:
            continue
        cap = study.legal.security_cap(preservation.before_suit)
        if preservation.security > cap:
            when = _("before suit") if preservation.before_suit else _("in a pending suit")
            yield error_at(
                ("policies", i, "litigation", "preservation", "security"),
                _(
                    "got {security:g}; expected at most {cap:g}, the most security that a "
                    "court may ask {when} under {legal}"
                ).format(
                    security=preservation.security, cap=cap, when=when, legal=study.legal.name
                ),
            )


def _reserves(study: Study) -> Iterator[Issue]:
    legal = study.legal
    for kind, terms in study.collateral.items():
        for k, auction in enumerate(terms.rounds):
            floor = legal.reserve_floor(k)
            if auction.reserve < floor * (1.0 - DUST):
                source = f": {legal.reserve_source}" if legal.reserve_source else ""
                yield error_at(
                    ("collateral", kind, "rounds", k, "reserve"),
                    _(
                        "got {reserve:g} of the appraisal in round {k}; expected at least "
                        "{floor:g} under {legal}{source}"
                    ).format(
                        reserve=auction.reserve,
                        k=k + 1,
                        floor=floor,
                        legal=legal.name,
                        source=source,
                    ),
                )


def _freezes(study: Study) -> Iterator[Issue]:
    for i, policy in enumerate(study.policies):
        assets = policy.enforcement.assets if policy.enforcement else ()
        for k, asset in enumerate(assets):
            longest = study.legal.freeze_months.get(asset.legal_class)
            if (
                asset.freeze_probability > 0.0
                and longest is not None
                and asset.freeze_months > longest
            ):
                yield error_at(
                    ("policies", i, "enforcement", "assets", k, "freeze_months"),
                    _(
                        "got {freeze_months:g}; expected at most {longest:g} months, the longest "
                        "term of one freeze of {legal_class} assets under {legal} (it may be "
                        "renewed)"
                    ).format(
                        freeze_months=asset.freeze_months,
                        longest=longest,
                        legal_class=asset.legal_class,
                        legal=study.legal.name,
                    ),
                )


def _assumed_limits(study: Study) -> Iterator[Issue]:
    """What bounds collection by assumption."""
    legal = study.legal
    for i, cap in enumerate(legal.contact_caps):
        if cap.assumption:
            most = (("day", cap.per_day), ("week", cap.per_week), ("month", cap.per_month))
            caps = ", ".join(
                f"{n:g} {cap.method}s a {period}" for period, n in most if n is not None
            )
            yield warning_at(
                ("legal", "contact_caps", i),
                _("the cap of {caps} is an assumption: {rule}").format(caps=caps, rule=cap.rule),
            )
    quiet = legal.quiet_hours
    if quiet is not None and quiet.assumption:
        yield warning_at(
            ("legal", "quiet_hours"),
            _("no contact from {begin} to {end} is an assumption: {rule}").format(
                begin=_clock(quiet.begin), end=_clock(quiet.end), rule=quiet.rule
            ),
        )


SCHEDULES = (
    "court_fee",
    "arbitration_fee",
    "enforcement_fee",
    "preservation_fee",
    "administrator_fee",
    "insolvency_court_fee",
)
"""Fee schedules of a legal regime."""


def _assumed_rules(study: Study) -> Iterator[Issue]:
    """Rules whose own source says that they were not verified."""
    legal = study.legal
    for name in SCHEDULES:
        source = getattr(legal, name).source
        if _assumed(source):
            yield warning_at(
                ("legal", name),
                _("the schedule is not from a published tariff ({source})").format(source=source),
            )
    for i, rule in enumerate(legal.limitation):
        if _assumed(rule.source):
            text = _("the period of {months:g} months is an assumption: {source}").format(
                months=rule.months, source=rule.source
            )
            yield warning_at(("legal", "limitation", i), text)
    if _assumed(legal.reserve_source):
        text = _("the floors are an assumption: {reserve_source}").format(
            reserve_source=legal.reserve_source
        )
        yield warning_at(("legal", "reserve_floors"), text)
    for i, source in enumerate(legal.sources):
        if _assumed(source):
            yield warning_at(
                ("legal", "sources", i), _("not verified: {source}").format(source=source)
            )


def _insolvencies(study: Study) -> Iterator[Issue]:
    """Insolvencies of natural persons that the law does not know."""
    law, day = study.legal.personal_insolvency, study.valuation_date
    known = law is not None and (law.effective is None or law.effective <= day)
    for i, policy in enumerate(study.policies):
        if policy.debtor_type != "natural_person" or policy.insolvency is None:
            continue
        if policy.insolvency.hazard > 0.0 and not known:
            yield warning_at(
                ("policies", i, "insolvency", "hazard"),
                _(
                    "has no effect: {legal} knows no insolvency of natural persons on {day}; "
                    "expected personal_insolvency in the legal regime, or debtor_type company"
                ).format(legal=study.legal.name, day=day),
            )
    if law is not None and _assumed(law.source):
        yield warning_at(
            ("legal", "personal_insolvency"), _("not verified: {source}").format(source=law.source)
        )


def _assumed(source: str) -> bool:
    return "assumption" in source.lower()


LAW: tuple[Callable[[Study], Iterator[Issue]], ...] = (
    _contacts,
    _quiet,
    _security,
    _reserves,
    _freezes,
    _assumed_limits,
    _assumed_rules,
    _insolvencies,
)
"""The checks of a study against its law, in the order in which they are reported."""
