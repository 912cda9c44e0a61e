"""Checks of a contract's amounts against the face and the cash of its package."""

from __future__ import annotations

from collections.abc import Iterator

from npl_sim.capital.facts import BankBook
from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.core.errors import ChannelError
from npl_sim.core.issues import Issue, error_at

MOST_OF_FACE = 2.0
"""Highest ratio of expected receipts to face that interest can explain. [share of 1]"""

MOST_WEIGHT = 12.5
"""Highest risk weight of any rule. [share of 1]"""

SLACK = 1e-9


def refuse_amounts(contract: ChannelContract, outcomes: Outcomes) -> None:
    """Refuse amounts that contradict the face of the package or its cash.

    Parameters
    ----------
    contract
        The contract, without its side letter.
    outcomes
        Cash of the package.

    Raises
    ------
    ChannelError
        With every such amount, each with key, value and what was expected.
    """
    errors = list(_package(contract, outcomes))
    if contract.accounting.bank is not None:
        errors += _bank(contract.accounting.bank, outcomes.face)
    if errors:
        texts = "; ".join(issue.text for issue in errors)
        raise ChannelError(f"contract {contract.name!r}: {texts}")


def _package(contract: ChannelContract, outcomes: Outcomes) -> Iterator[Issue]:
    face, facts = outcomes.face, contract.accounting
    top, valid = face * (1.0 + SLACK), True
    received = float(outcomes.mean(outcomes.received).sum())
    if received > MOST_OF_FACE * face:
        given = "" if contract.face is not None else " (contract.face is not given)"
        valid = False
        yield error_at(
            ("face",),
            f"got {face:,.2f}{given}, and the package is expected to receive "
            f"{received:,.2f}; expected a face of at least {received / MOST_OF_FACE:,.2f}: "
            "check the units of both",
        )
    for key in ("carrying_amount", "specific_provisions", "fair_value"):
        amount = getattr(facts, key)
        if amount is not None and amount > top:
            valid = False
            yield error_at(
                ("accounting", key),
                f"got {amount:,.2f}; expected at most the face of {face:,.2f}",
            )
    if facts.reported_rwa is not None and facts.reported_rwa > MOST_WEIGHT * top:
        valid = False
        yield error_at(
            ("accounting", "reported_rwa"),
            f"got {facts.reported_rwa:,.2f}; expected at most "
            f"{MOST_WEIGHT:.0%} of the face, {MOST_WEIGHT * face:,.2f}",
        )
    carrying, provisions = facts.carrying_amount, facts.specific_provisions
    if valid and carrying is not None and provisions is not None and carrying + provisions > top:
        yield error_at(
            ("accounting", "carrying_amount"),
            f"got {carrying:,.2f}, which with specific_provisions "
            f"{provisions:,.2f} exceeds the face; expected a sum of at most {face:,.2f}",
        )


def _bank(bank: BankBook, face: float) -> Iterator[Issue]:
    """Yield errors: the package is part of the non-performing loans, and these of the loans."""
    key, loans, npl = ("accounting", "bank"), bank.loans, bank.non_performing
    if npl > loans * (1.0 + SLACK):
        yield error_at(
            (*key, "non_performing"), f"got {npl:,.2f}; expected at most loans, {loans:,.2f}"
        )
    if face > npl * (1.0 + SLACK):
        yield error_at(
            (*key, "non_performing"),
            f"got {npl:,.2f}; expected at least the face of the package, "
            f"{face:,.2f}, which is a part of it",
        )
    if bank.allowances > loans * (1.0 + SLACK):
        yield error_at(
            (*key, "allowances"),
            f"got {bank.allowances:,.2f}; expected at most loans, {loans:,.2f}",
        )
