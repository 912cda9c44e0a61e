"""Names of codes and bands as a reader knows them."""

from __future__ import annotations

import math
from collections.abc import Callable

from npl_sim.core.language import gettext as _


def _known() -> dict[str, str]:
    """Return the names of the codes of tape and model, in the language in use."""
    return {
        "credit_card": _("Credit cards"),
        "consumer": _("Consumer loans"),
        "mortgage": _("Mortgages"),
        "sme": _("Small firms"),
        "corporate": _("Corporate loans"),
        "collection": _("Collection"),
        "litigation": _("Litigation"),
        "judged": _("Judged"),
        "enforcement": _("Enforcement"),
        "plan": _("Payment plan"),
        "insolvency": _("Insolvency"),
        "dormant": _("Dormant"),
        "first_rank": _("First-rank mortgage or pledge"),
        "later_rank": _("Later rank only"),
        "seizure": _("Seizure only"),
        "guarantee": _("Guarantee only"),
        "unsecured": _("Unsecured"),
        "residential": _("Homes"),
        "commercial": _("Commercial property"),
        "industrial": _("Industrial property"),
        "land": _("Land"),
        "equipment": _("Equipment"),
        "vehicle": _("Vehicles"),
        "other": _("Other"),
        "others": _("All others"),
        "not given": _("Not given"),
        "no collateral": _("No collateral"),
        "east": _("East"),
        "central": _("Central"),
        "west": _("West"),
        "northeast": _("Northeast"),
        "all": _("All regions"),
        "package": _("Package"),
        "package effect": _("Not shared over loans"),
        "time_barred": _("time-barred"),
        "window_over": _("too late to enforce"),
        "insolvent": _("insolvent"),
        "no_value": _("without value"),
        "partly_no_value": _("partly without value"),
    }


def reason_name(reason: str) -> str:
    """Return why a loan has no value (`worthless.REASONS`)."""
    return {
        "limitation": _("limitation has run out"),
        "enforcement window": _("the time to apply for enforcement is over"),
        "dormant": _("enforcement is paused, and nothing revives it"),
        "no route": _("not sued, and collection brings nothing"),
        "no enforcement": _("the judgment is not enforced"),
        "no asset": _("no asset to enforce against"),
        "no cash seen": _("no scenario brings cash"),
    }.get(reason, reason)


def name_of(key: str) -> str:
    """Return the name of a code; a name of the tape that is no code stays as it is."""
    known = _known().get(key)
    if known is not None:
        return known
    text = key.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def names_of(keys: str, name: Callable[[str], str] = name_of) -> list[str]:
    """Return the names of codes that semicolons separate."""
    return [name(key) for key in keys.split("; ") if key]


def band(low: float, high: float, scale: float = 1.0) -> str:
    """Return a band as text: ``Under 1``, ``1 – 2``, ``Over 5``.

    Parameters
    ----------
    low, high
        Ends; infinite at an open end.
    scale
        Size of the unit that is shown.
    """
    if math.isinf(low):
        return _("Under {limit}").format(limit=_limit(high / scale))
    if math.isinf(high):
        return _("Over {limit}").format(limit=_limit(low / scale))
    return f"{_limit(low / scale)} – {_limit(high / scale)}"


def _limit(value: float) -> str:
    return f"{value:,.10g}"
