"""Work-out policy: the loans that it governs and its stages."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from npl_sim.core.fields import Currency, Jurisdiction, Money, Share, Spec, Text
from npl_sim.policy.collection import Collection
from npl_sim.policy.enforcement import Enforcement
from npl_sim.policy.insolvency import Insolvency
from npl_sim.policy.litigation import Litigation
from npl_sim.policy.restructuring import CurePlan, Restructuring
from npl_sim.policy.sale import Sale


class AppliesTo(Spec):
    """Conditions that a loan must meet; an empty list or none means any."""

    products: tuple[Text, ...] = ()
    """Products."""
    segments: tuple[Text, ...] = ()
    """Segments."""
    regions: tuple[Text, ...] = ()
    """Regions."""
    stages: tuple[Text, ...] = ()
    """Stages on the tape."""
    minimum_gbv: Money = 0.0
    """Smallest gross book value."""
    maximum_gbv: Money | None = None
    """Largest gross book value."""
    secured: bool | None = None
    """True: only loans with collateral; false: only loans without."""
    loans: tuple[Text, ...] = ()
    """Loan ids. Policies that name loans come before those that name none, and policies of
    overrides before all others."""


class Policy(Spec):
    """Work-out policy of a segment. The first policy that applies to a loan governs it."""

    name: Text
    """Name of the policy."""
    jurisdiction: Jurisdiction | None = None
    """Country whose practice, durations and costs it describes; defaults to not stated."""
    currency: Currency | None = None
    """Currency of its fees and other amounts; defaults to not stated."""
    debtor_type: Literal["company", "natural_person"] | None = None
    """Kind of its debtors, where the law differs. Defaults to not stated, which is read against
    the creditor."""
    applies_to: AppliesTo = AppliesTo()
    """Which loans it governs."""
    collection: Collection = Collection()
    """Collection before legal action."""
    cure: CurePlan = CurePlan()
    """How a cured loan is repaid."""
    restructuring: Restructuring | None = None
    """Offer to restructure; defaults to no offer."""
    litigation: Litigation | None = None
    """Legal action; defaults to no legal action."""
    enforcement: Enforcement | None = None
    """Enforcement of titles; defaults to titles that are not enforced."""
    insolvency: Insolvency | None = None
    """Insolvency of the debtors; defaults to debtors that stay solvent."""
    sale: Sale | None = None
    """Sale of what is unresolved at a date; defaults to loans held to the horizon."""
    derived_from: Text = ""
    """Policy that overrides by loan changed to give this one; the program writes it."""
    residual_share: Share = 0.0
    """Share of the remaining claim that has value at the horizon. The rest is written off."""

    @model_validator(mode="after")
    def lawsuits_need_enforcement(self) -> Policy:
        if self.litigation is not None and self.enforcement is None:
            raise ValueError(
                "litigation without enforcement would spend fees on titles that are never used; "
                "expected an enforcement section (it may be empty: {})"
            )
        return self

    @property
    def rank(self) -> int:
        """Order of policies before their position: overrides, then named loans, then the rest."""
        return 0 if self.derived_from else 1 if self.applies_to.loans else 2
