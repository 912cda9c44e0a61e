"""All that is measured of a contract, shown and with its side letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from npl_sim.channel.amount_checks import refuse_amounts
from npl_sim.channel.funding import Funding, implied_funding
from npl_sim.channel.information import refuse_uninformed, worth_in_band
from npl_sim.channel.liquidity import CashCalls, cash_calls, factor_pain
from npl_sim.channel.outcomes import Outcomes
from npl_sim.channel.retained import Retained, retained_risk
from npl_sim.channel.terms.checks import within_horizon
from npl_sim.channel.terms.contract import ChannelContract
from npl_sim.core.errors import ChannelError

__all__ = ["Carried", "ChannelResult", "Version", "measure"]


@dataclass(frozen=True)
class Version:
    """A contract and what it does.

    Attributes
    ----------
    label
        ``shown`` or ``with the letter``; empty where there is only one.
    contract
        Its words.
    retained
        Risk before and after, with everyone's cash.
    calls
        The bank's payments.
    worth
        What the undertakings cost, with the band of options (see `worth_in_band`).
    funding
        What the sale costs as a loan; none where it raises no money.
    pain
        How payments go with systematic factors; empty without factors.
    """

    label: str
    contract: ChannelContract
    retained: Retained
    calls: CashCalls
    worth: pd.DataFrame
    funding: Funding | None
    pain: pd.DataFrame


@dataclass(frozen=True)
class Carried:
    """What the seller's books say of the package.

    Attributes
    ----------
    amount
        Net carrying amount. [package currency]
    words
        Where it comes from.
    """

    amount: float
    words: str


@dataclass(frozen=True)
class ChannelResult:
    """The versions of a contract, measured in the same worlds; what is shown comes first.

    Attributes
    ----------
    name, currency
        Of the contract.
    outcomes
        Cash of the package.
    versions
        What is shown, and with the side letter where there is one.
    carried
        What the seller's books say; none: nothing is known of them.
    holdings
        Gross book value by kind of loan (see `holdings`); none: not known. [package currency]
    """

    name: str
    currency: str
    outcomes: Outcomes
    versions: tuple[Version, ...]
    carried: Carried | None = None
    holdings: Mapping[str, float] | None = None

    @property
    def whole(self) -> Version:
        """The version with everything in it."""
        return self.versions[-1]


def measure(
    contract: ChannelContract,
    outcomes: Outcomes,
    hidden: ChannelContract | None = None,
    currency: str = "",
) -> ChannelResult:
    """Carry a contract out and measure what stays with the bank.

    Parameters
    ----------
    contract
        The contract; a side letter in it makes the second version.
    outcomes
        Cash of the package.
    hidden
        The contract with the side letter, where it is a file of its own.
    currency
        Currency where the contract names none.
    """
    versions = [("", contract.shown())]
    if hidden is not None or contract.side_letter is not None:
        letter = contract.letter() if hidden is None else _comparable(contract, hidden)
        versions = [("shown", contract.shown()), ("with the letter", letter)]
    return ChannelResult(
        contract.name,
        contract.currency or currency,
        outcomes,
        tuple(_version(label, words, outcomes) for label, words in versions),
    )


SHARED = (
    "currency",
    "face",
    "discount_rate",
    "plan",
    "loss_reference",
    "tail_level",
    "confidence",
)
"""What two contracts that are set side by side must have in common."""


def _comparable(contract: ChannelContract, hidden: ChannelContract) -> ChannelContract:
    """Return a contract that is a file of its own, with its side letter, or refuse to compare it."""
    for key in SHARED:
        given, other = getattr(contract, key), getattr(hidden, key)
        if given != other:
            raise ChannelError(
                f"contract {hidden.name!r}: {key}: got {other}; expected {given}, as in {contract.name!r}, beside which it is set"
            )
    return hidden.letter()


def _version(label: str, contract: ChannelContract, outcomes: Outcomes) -> Version:
    within_horizon(contract, outcomes.months)
    refuse_amounts(contract, outcomes)
    refuse_uninformed(contract, outcomes)
    retained = retained_risk(contract, outcomes)
    return Version(
        label, contract, retained, cash_calls(retained.run), worth_in_band(retained.run, outcomes), implied_funding(retained.run),
        factor_pain(retained),
    )  # fmt: skip
