"""Measured contract: the disclosed version, and the version with its side letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from npl_sim.channels.amount_checks import refuse_amounts
from npl_sim.channels.funding import Funding, implied_funding
from npl_sim.channels.information import refuse_uninformed, worth_in_band
from npl_sim.channels.liquidity import CashCalls, cash_calls, factor_stress
from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.retained import Retained, retained_risk
from npl_sim.channels.terms.checks import within_horizon
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.core.errors import ChannelError

DISCLOSED, WITH_SIDE_LETTER = "disclosed", "with side letter"
"""Labels of the two versions of a contract with a side letter."""

ENDINGS = {"": "", DISCLOSED: "_disclosed", WITH_SIDE_LETTER: "_side_letter"}
"""Endings of file names by the label of a version."""


@dataclass(frozen=True)
class Version:
    """Contract with its measured risk."""

    label: str
    """`DISCLOSED` or `WITH_SIDE_LETTER`; empty if there is only one version."""
    contract: ChannelContract
    """Terms of the contract."""
    retained: Retained
    """Risk before and after the sale, with the cash of all parties."""
    calls: CashCalls
    """Payments of the bank."""
    worth: pd.DataFrame
    """Cost of the undertakings, with the band of options (see `worth_in_band`)."""
    funding: Funding | None
    """Implied funding rate of the sale; None if it raises no cash."""
    pain: pd.DataFrame
    """Dependence of payments on systematic factors; empty without factors."""


@dataclass(frozen=True)
class CarryingAmount:
    """Carrying amount of the package in the seller's books."""

    amount: float
    """Net carrying amount. [package currency]"""
    source: str
    """Calculation of the amount, as text."""


@dataclass(frozen=True)
class ChannelResult:
    """Versions of a contract, measured in the same scenarios."""

    name: str
    """Name of the contract."""
    currency: str
    """Currency of the contract."""
    outcomes: Outcomes
    """Cash of the package."""
    versions: tuple[Version, ...]
    """The disclosed version, then the version with the side letter, if there is one."""
    carrying_amount: CarryingAmount | None = None
    """Carrying amount in the seller's books, if known."""
    holdings: Mapping[str, float] | None = None
    """Gross book value by kind of loan (see `holdings`), if known. [package currency]"""

    @property
    def whole(self) -> Version:
        """The version with the side letter, if there is one."""
        return self.versions[-1]


def measure(
    contract: ChannelContract,
    outcomes: Outcomes,
    side_letter: ChannelContract | None = None,
    currency: str = "",
) -> ChannelResult:
    """Simulate a contract and measure the risk that stays with the bank.

    Parameters
    ----------
    contract
        The contract; a side letter in it makes the second version.
    outcomes
        Cash of the package.
    side_letter
        The contract with its side letter, if that is a separate file.
    currency
        Currency if the contract names none.
    """
    versions = [("", contract.disclosed())]
    if side_letter is not None or contract.side_letter is not None:
        if side_letter is None:
            full = contract.with_side_letter()
        else:
            full = _comparable(contract, side_letter).with_side_letter()
        versions = [(DISCLOSED, contract.disclosed()), (WITH_SIDE_LETTER, full)]
    return ChannelResult(
        contract.name,
        contract.currency or currency,
        outcomes,
        tuple(_version(label, terms, outcomes) for label, terms in versions),
    )


SHARED = (
    "currency", "face", "discount_rate", "plan", "loss_reference", "tail_level", "confidence",
)  # fmt: skip
"""Terms that two compared contracts must share."""


def _comparable(contract: ChannelContract, other: ChannelContract) -> ChannelContract:
    """Return a contract with its side letter if it is comparable, else raise ChannelError."""
    for key in SHARED:
        given, expected = getattr(other, key), getattr(contract, key)
        if given != expected:
            raise ChannelError(
                f"contract {other.name!r}: {key}: got {given}; expected {expected}, as in "
                f"{contract.name!r}, with which it is compared"
            )
    return other


def _version(label: str, contract: ChannelContract, outcomes: Outcomes) -> Version:
    within_horizon(contract, outcomes.months)
    refuse_amounts(contract, outcomes)
    refuse_uninformed(contract, outcomes)
    retained = retained_risk(contract, outcomes)
    return Version(
        label=label,
        contract=contract,
        retained=retained,
        calls=cash_calls(retained.run),
        worth=worth_in_band(retained.run, outcomes),
        funding=implied_funding(retained.run),
        pain=factor_stress(retained),
    )
