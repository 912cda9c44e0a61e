"""Amounts of a contract that cannot be beside what the debtors owe and pay."""

from __future__ import annotations

from npl_sim.channel.outcomes import Outcomes
from npl_sim.channel.terms.contract import ChannelContract
from npl_sim.core.errors import ChannelError

__all__ = ["MOST_OF_FACE", "refuse_amounts"]

MOST_OF_FACE = 2.0
"""Expected receipts over face from which the two are not of one package: interest explains no more. [share of 1]"""

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
    face, books = outcomes.face, contract.accounting
    found: list[str] = []
    received = float(outcomes.mean(outcomes.received).sum())
    if received > MOST_OF_FACE * face:
        given = "" if contract.face is not None else " (contract.face is not given)"
        found.append(
            f"face: got {face:,.2f}{given}, and the package is expected to receive {received:,.2f}; expected a face of "
            f"at least {received / MOST_OF_FACE:,.2f}: check the units of both"
        )
    top = face * (1.0 + SLACK)
    amounts = {
        "accounting.carrying_amount": books.carrying_amount,
        "accounting.specific_provisions": books.specific_provisions,
    }
    for key, amount in (*amounts.items(), ("accounting.fair_value", books.fair_value)):
        if amount is not None and amount > top:
            found.append(f"{key}: got {amount:,.2f}; expected at most the face of {face:,.2f}")
    if books.reported_rwa is not None and books.reported_rwa > MOST_WEIGHT * top:
        found.append(
            f"accounting.reported_rwa: got {books.reported_rwa:,.2f}; expected at most {MOST_WEIGHT:.0%} of the face, {MOST_WEIGHT * face:,.2f}"
        )
    if (
        not found
        and None not in amounts.values()
        and sum(x or 0.0 for x in amounts.values()) > top
    ):
        found.append(
            f"accounting.carrying_amount: got {books.carrying_amount:,.2f}, which with specific_provisions "
            f"{books.specific_provisions:,.2f} exceeds the face; expected a sum of at most {face:,.2f}"
        )
    if books.bank is not None:
        found += _bank(books.bank.loans, books.bank.non_performing, books.bank.allowances, face)
    if found:
        raise ChannelError(f"contract {contract.name!r}: {'; '.join(found)}")


def _bank(loans: float, non_performing: float, allowances: float, face: float) -> list[str]:
    """The package is a part of the bank's non-performing loans, and these of its loans."""
    found = []
    if non_performing > loans * (1.0 + SLACK):
        found.append(
            f"accounting.bank.non_performing: got {non_performing:,.2f}; expected at most loans, {loans:,.2f}"
        )
    if face > non_performing * (1.0 + SLACK):
        found.append(
            f"accounting.bank.non_performing: got {non_performing:,.2f}; expected at least the face of the package, "
            f"{face:,.2f}, which is a part of it"
        )
    if allowances > loans * (1.0 + SLACK):
        found.append(
            f"accounting.bank.allowances: got {allowances:,.2f}; expected at most loans, {loans:,.2f}"
        )
    return found
