"""A deal with other balances: what is sized is set, what follows follows."""

from __future__ import annotations

from collections.abc import Mapping

from npl_sim.core.errors import DealError
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.structure import RestOf, ShareOfNotes, Structure, TimesOf


def resized(deal: Deal, structure: Structure, sizes: Mapping[str, float]) -> Deal:
    """Return the deal with balances set, those of followers and accounts following.

    Fees, premia, targets of reserves and hedges on balances name their tranches, and so follow by
    themselves. A schedule of notional amounts does not.

    Parameters
    ----------
    deal
        The deal.
    structure
        Its rules of following.
    sizes
        Balances by tranche. [package currency]

    Raises
    ------
    DealError
        If a tranche that takes the rest of a total would have less than nothing.
    """
    balances = {t.name: sizes.get(t.name, t.balance) for t in deal.tranches}
    rules = {f.tranche: f for f in structure.follow}
    for name, rule in rules.items():
        if isinstance(rule, TimesOf):
            balances[name] = rule.times * balances[rule.of]
    waiting = {n: f for n, f in rules.items() if isinstance(f, ShareOfNotes | RestOf)}
    others = sum(b for n, b in balances.items() if n not in waiting)
    notes = others / (1.0 - sum(f.share for f in waiting.values() if isinstance(f, ShareOfNotes)))
    for name, rule in waiting.items():
        balances[name] = (
            rule.share * notes if isinstance(rule, ShareOfNotes) else rule.total - others
        )
        if balances[name] < 0.0:
            raise DealError(
                f"deal {deal.name!r}: {name!r} takes the rest of a total that the others exceed "
                f"by {-balances[name]:,.2f}; expected a larger total or smaller tranches"
            )
    accounts = {
        i.account: i.share * sum(balances[n] for n in i.tranches) for i in structure.initial
    }
    return deal.model_copy(
        update={
            "tranches": tuple(
                t.model_copy(update={"balance": balances[t.name]}) for t in deal.tranches
            ),
            "accounts": tuple(
                a.model_copy(update={"initial": accounts.get(a.name, a.initial)})
                for a in deal.accounts
            ),
        }
    )


def largest_rest(deal: Deal, structure: Structure, name: str, sizes: Mapping[str, float]) -> float:
    """Return the size at which the residual tranche has nothing left. [package currency]"""
    rest = next((f for f in structure.follow if isinstance(f, RestOf)), None)
    if rest is None:
        return float("inf")
    factor = 1.0 + sum(
        f.times for f in structure.follow if isinstance(f, TimesOf) and f.of == name
    )
    bare = resized(
        deal, structure.model_copy(update={"follow": _times_only(structure)}), {**sizes, name: 0.0}
    )
    left = rest.total - sum(t.balance for t in bare.tranches if t.name != rest.tranche)
    return max(left, 0.0) / factor


def _times_only(structure: Structure) -> tuple[TimesOf, ...]:
    return tuple(f for f in structure.follow if isinstance(f, TimesOf))
