"""What the capital of a transfer depends on: the package, the form of the sale, the rules, the seller's own book."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from npl_sim.capital.risk_transfer import TransferTests
from npl_sim.capital.securitization_weights import Securitisation, SecuritisationRules
from npl_sim.core.fields import Money, Share, Spec
from npl_sim.core.judgment import Outcome

__all__ = ["BankBook", "CapitalFacts", "CapitalRules", "Downturn"]

Signed = Annotated[float, Field(ge=-1e15, le=1e15, json_schema_extra={"unit": "package currency"})]
Weight = Annotated[float, Field(ge=0.0, le=12.5, json_schema_extra={"unit": "share of exposure"})]


class BankBook(Spec):
    """The seller's whole loan book before the transfer; the package is a part of it."""

    loans: Money
    """Gross loans."""
    non_performing: Money
    """Gross non-performing loans."""
    allowances: Money
    """Loss allowances for loans."""


class CapitalRules(Spec):
    """The numbers of the rules, each with its origin."""

    capital_ratio: Share = 0.08
    """Capital for one unit of risk-weighted assets: 8 %, the Basel minimum; a bank's own target may be higher."""
    low_coverage_weight: Weight = 1.5
    """Defaulted exposure, net of provisions, that is little provisioned (Basel II 75)."""
    high_coverage_weight: Weight = 1.0
    """Defaulted exposure, net of provisions, that is well provisioned (Basel II 75)."""
    coverage_threshold: Share = 0.20
    """Specific provisions over the outstanding amount from which the lower weight holds (Basel II 75)."""
    residential_weight: Weight = 1.0
    """Defaulted loan secured by residential property, net of provisions (Basel II 78)."""
    securitisation: SecuritisationRules = SecuritisationRules()
    """Risk weights of positions in a securitisation."""
    transfer_tests: TransferTests = TransferTests()
    """Tests of significant risk transfer."""


class Downturn(Spec):
    """Means from which a downturn's loss given default follows (Frye and Jacobs 2012)."""

    pd: Share
    """Mean default rate of loans like these."""
    lgd: Share
    """Mean loss given default."""
    rho: Share
    """Asset correlation."""
    level: Share = 0.999
    """Severity: the default rate that is exceeded with probability 1 - level; 99.9 % is that of the Basel formula."""

    @model_validator(mode="after")
    def probabilities_are_inside(self) -> Self:
        """Certain things have no downturn."""
        for name in ("pd", "lgd", "level"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise ValueError(
                    f"{name}: got {getattr(self, name):g}; expected more than 0 and less than 1"
                )
        if self.rho >= 1.0:
            raise ValueError(f"rho: got {self.rho:g}; expected less than 1")
        return self


class CapitalFacts(Spec):
    """One transfer as a supervisor sees it."""

    form: Literal["outright_sale", "income_right", "securitisation"]
    """What is transferred: the loans, the right to their income, or the loans against notes."""
    country: Literal["china", "other"] = "china"
    """Whose notices apply besides the Basel rules."""
    outcome: Outcome
    """What the derecognition tree made of it."""
    kept_share: Share = 0.0
    """Part of the carrying amount that stays by continuing involvement, or was never transferred."""
    contractual_return: bool = False
    """A repurchase or swap in the contract leaves the credit risk with the seller."""
    forward_purchase: bool = False
    """The seller must buy the loans again at their value then, for sure or in some event."""
    implicit_support: bool = False
    """Support that the contract shown does not tell of: a side letter, a habit of buying back."""
    recourse_cap: Money = 0.0
    """First loss that the seller guarantees outside of any notes."""
    outstanding: Money
    """Gross amount of the loans transferred."""
    specific_provisions: Money
    """Provisions held against them."""
    residential: bool = False
    """Whether they are secured by residential property."""
    approach: Literal["standardised", "internal_ratings"] = "standardised"
    """How the seller weighs them."""
    downturn_lgd: Share | None = None
    """Under internal ratings: loss given default in a downturn; or else `downturn`."""
    downturn: Downturn | None = None
    """Under internal ratings: means from which the loss given default in a downturn is derived."""
    best_estimate_loss: Share | None = None
    """Under internal ratings: best estimate of the expected loss today."""
    deal: Securitisation | None = None
    """The securitisation, where there is one."""
    stated_deal: Securitisation | None = None
    """The securitisation as the seller states it; none: as it is."""
    reported_rwa: Money | None = None
    """Risk-weighted assets that the seller itself still reports; none: nothing, or the notes that it keeps."""
    expected_loss_kept: Share | None = None
    """Of a securitisation: share of the expected loss that stays with the seller; none: not tested."""
    unexpected_loss_kept: Share | None = None
    """Of a securitisation: share of the unexpected loss that stays with the seller; none: not tested."""
    gain_claimed: Signed | None = None
    """Gain on the day (negative: loss) if the loans were gone, as claimed; none: not shown."""
    gain_earned: Signed | None = None
    """Gain on the day (negative: loss) as the verdict has it; none: not shown."""
    bank: BankBook | None = None
    """The seller's book; none: no ratios are shown."""

    @model_validator(mode="after")
    def facts_fit_together(self) -> Self:
        """Refuse facts that contradict each other, all at once."""
        checks = (
            (
                self.specific_provisions > self.outstanding,
                f"specific_provisions: got {self.specific_provisions:,.2f}; expected at most the outstanding {self.outstanding:,.2f}",
            ),
            (
                (self.deal is not None) != (self.form == "securitisation"),
                f"deal: {'got one' if self.deal else 'got nothing'} with form {self.form!r}; expected it with securitisation alone",
            ),
            (
                self.approach == "internal_ratings"
                and (
                    self.best_estimate_loss is None
                    or (self.downturn_lgd is None) == (self.downturn is None)
                ),
                "best_estimate_loss: expected with internal ratings, and one of downturn_lgd and downturn",
            ),
            (
                self.bank is not None
                and not self.outstanding <= self.bank.non_performing <= self.bank.loans,
                "bank: "
                + (
                    f"got non_performing {self.bank.non_performing:,.2f} of loans {self.bank.loans:,.2f}; "
                    if self.bank
                    else ""
                )
                + f"expected the package ({self.outstanding:,.2f}) within non_performing, and non_performing within loans",
            ),
            (
                self.bank is not None and self.specific_provisions > self.bank.allowances,
                f"bank.allowances: got {self.bank.allowances if self.bank else 0.0:,.2f}; expected at least the specific provisions of the "
                f"package, {self.specific_provisions:,.2f}",
            ),
        )
        faults = [text for wrong, text in checks if wrong]
        if faults:
            raise ValueError("; ".join(faults))
        return self
