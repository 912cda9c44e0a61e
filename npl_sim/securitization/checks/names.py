"""Names in a deal that must exist elsewhere in it: one table of fields, one look-up."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import BaseModel

from npl_sim.core.issues import Issue, KeyPath, error_at
from npl_sim.securitization.terms.claims import Fee, Swap
from npl_sim.securitization.terms.steps import AVAILABLE

if TYPE_CHECKING:
    from npl_sim.securitization.terms.deal_terms import DealTerms

REFERS_TO = {
    "tranche": "tranche",
    "tranches": "tranche",
    "while_outstanding": "tranche",
    "to": "tranche",
    "debt": "tranche",
    "TimesOf.of": "tranche",
    "account": "account",
    "sources": "account or cash",
    "Pay.of": "claim or swap",
    "claims": "fee",
    "TriggerActive.name": "trigger",
    "event_of_default": "trigger",
}
"""Kind of name that a field holds, by field or by model and field."""

CALLED = {"account or cash": "account"}
"""What messages call a kind of name, if not by the kind itself."""


def name_errors(deal: DealTerms) -> Iterator[Issue]:
    """Yield an error for each name that does not exist in the deal."""
    accounts = tuple(a.name for a in deal.accounts)
    swaps = tuple(h.name for h in deal.hedges if isinstance(h, Swap))
    known = {
        "tranche": tuple(t.name for t in deal.tranches),
        "account": accounts,
        "account or cash": (AVAILABLE, *accounts),
        "claim or swap": (*(c.name for c in deal.claims), *swaps),
        "fee": tuple(c.name for c in deal.claims if isinstance(c, Fee)),
        "trigger": tuple(t.name for t in deal.triggers),
    }
    for path, name, kind in _names((), deal):
        if name not in known[kind]:
            close = difflib.get_close_matches(name, known[kind], n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            expected = ", ".join(known[kind]) or "none, the deal has none"
            what = CALLED.get(kind, kind)
            yield error_at(
                path, f"got {name!r}, which is no {what}; expected one of: {expected}{hint}"
            )


def _names(
    path: KeyPath, item: object, kind: str | None = None
) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield every name below a value that must exist: its path, the name, and its kind."""
    if isinstance(item, str):
        if kind is not None:
            yield path, item, kind
    elif isinstance(item, tuple):
        for i, part in enumerate(item):
            yield from _names((*path, i), part, kind)
    elif isinstance(item, BaseModel):
        for field in type(item).model_fields:
            found = REFERS_TO.get(f"{type(item).__name__}.{field}") or REFERS_TO.get(field)
            yield from _names((*path, field), getattr(item, field), found)
