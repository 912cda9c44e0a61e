"""Legal action: routes to an enforceable title, and preservation of assets on the way."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from npl_sim.core.fields import Money, Months, Share, Spec, WholeMonths
from npl_sim.policy.distributions import Duration, ShareDistribution, certain


class PaymentOrder(Spec):
    """A court order to pay, issued on the papers; an objection ends it and leads to a lawsuit."""

    duration: Duration = certain(1.5)
    """From application to the end of the debtor's time to object."""
    objection_probability: Share = 0.3
    """Probability of a valid objection."""


class Arbitration(Spec):
    """Arbitration, open only to loans whose contract has the clause; the award is final."""

    duration: Duration = certain(4.0)
    """From application to award."""
    win_probability: Share = 1.0
    """Probability that the creditor wins."""


class Lawsuit(Spec):
    """A lawsuit: mediation or judgment at first instance, and appeal."""

    duration: Duration = certain(6.0)
    """From filing to judgment at first instance."""
    win_probability: Share = 1.0
    """Probability that the creditor wins at first instance."""
    mediation_probability: Share = 0.0
    """Probability that the case ends by a mediated agreement."""
    mediation_duration: Duration = certain(3.0)
    """From filing to the agreement."""
    mediation_discount: Share = 0.0
    """Share of the claim given up in the agreement."""
    appeal_probability: Share = 0.0
    """Probability that the loser appeals."""
    appeal_duration: Duration = certain(3.0)
    """From judgment to the judgment on appeal."""
    reversal_probability: Share = 0.0
    """Probability that the appeal reverses the outcome."""
    default_judgment_probability: Share = 0.0
    """Probability that the debtor does not appear, so that judgment is given by default."""
    default_judgment_duration: Duration = certain(4.0)
    """From filing to a default judgment, which cannot be appealed."""
    default_judgment_win_probability: Share = 1.0
    """Probability that the creditor wins a default judgment."""
    summary_maximum_claim: Money = 0.0
    """Largest claim that is heard in summary procedure."""


class Preservation(Spec):
    """Freezing of the debtor's assets, before or at filing."""

    before_suit: bool = False
    """True for pre-suit preservation, which excludes a payment order."""
    delay: Months = 0.25
    """From filing to the freeze; before the suit there is none."""
    security: Share = 0.0
    """Security that the court asks, as a share of the claim; the law caps it."""
    form: Literal["letter", "cash"] = "letter"
    """A guarantee letter costs a premium. Cash is lodged at filing and returned after the suit."""
    premium: Share = 0.0
    """Premium of a guarantee letter as a share of the security."""


class Litigation(Spec):
    """When a loan is sued, by which route, and at what cost."""

    after_months: WholeMonths = 0
    """Month at whose end an unresolved loan is sued."""
    minimum_claim: Money = 0.0
    """Smallest claim worth suing."""
    file_before_expiry: bool = True
    """Whether a loan is sued earlier where its limitation clock would run out before."""
    expiry_margin: Months = 3.0
    """How long before expiry it is then sued."""
    route: Literal["lawsuit", "payment_order", "arbitration"] = "lawsuit"
    """Preferred route; arbitration falls back to a lawsuit for loans without the clause."""
    payment_order: PaymentOrder = PaymentOrder()
    """Terms of a payment order."""
    arbitration: Arbitration = Arbitration()
    """Terms of an arbitration."""
    lawsuit: Lawsuit = Lawsuit()
    """Terms of a lawsuit."""
    award_share: ShareDistribution = certain(1.0)
    """Share of the claim that is awarded to a winning creditor."""
    lawyer_fixed_fee: Money = 0.0
    """Lawyer's fixed fee, due at filing."""
    lawyer_appeal_fee: Money = 0.0
    """Lawyer's fixed fee for an appeal, whoever appeals."""
    lawyer_enforcement_fee: Money = 0.0
    """Lawyer's fixed fee for the application for enforcement."""
    lawyer_contingency_share: Share = 0.0
    """Lawyer's share of what is received after filing."""
    defense_raised: Share = 1.0
    """Probability that the debtor of a time-barred claim pleads limitation, which ends it."""
    preservation: Preservation | None = None
    """Preservation of assets; defaults to assets that dissipate until enforcement."""

    @model_validator(mode="after")
    def payment_order_excludes_presuit_preservation(self) -> Litigation:
        if self.route == "payment_order" and self.preservation and self.preservation.before_suit:
            raise ValueError(
                "route payment_order with preservation before suit; expected one or the other. "
                "A payment order is not issued after an application for pre-suit preservation "
                "(SPC interpretation of the Civil Procedure Law, art. 427(7))"
            )
        return self
