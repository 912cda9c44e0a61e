"""Facts and rule parameters that determine the capital of a transfer."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from npl_sim.capital.risk_transfer import TransferTests
from npl_sim.capital.securitization_weights import Securitization, SecuritizationRules, Weight
from npl_sim.core.fields import Money, Share, Spec
from npl_sim.core.judgment import Outcome

Signed = Annotated[float, Field(ge=-1e15, le=1e15, json_schema_extra={"unit": "package currency"})]


class BankBook(Spec):
    """The seller's whole loan book before the transfer; the package is a part of it."""

    loans: Money
    """Gross loans."""
    non_performing: Money
    """Gross non-performing loans."""
    allowances: Money
    """Loss allowances for loans."""


class CapitalRules(Spec):
    """Parameters of the capital rules, each with its source."""

    capital_ratio: Share = 0.08
    """Capital per unit of risk-weighted assets; 8 % is the Basel minimum, a bank may need more."""
    low_coverage_weight: Weight = 1.5
    """Risk weight of a defaulted exposure, net of low provisions (Basel II 75)."""
    high_coverage_weight: Weight = 1.0
    """Risk weight of a defaulted exposure, net of high provisions (Basel II 75)."""
    coverage_threshold: Share = 0.20
    """Specific provisions over outstanding amount from which they are high (Basel II 75)."""
    residential_weight: Weight = 1.0
    """Risk weight of a defaulted loan on residential property, net of provisions (Basel II 78)."""
    securitization: SecuritizationRules = SecuritizationRules()
    """Risk weights of securitization positions."""
    transfer_tests: TransferTests = TransferTests()
    """Tests of significant risk transfer."""


class Downturn(Spec):
    """Means from which a downturn loss given default follows (Frye and Jacobs 2012)."""

    pd: Share
    """Mean default rate of similar loans."""
    lgd: Share
    """Mean loss given default."""
    rho: Share
    """Asset correlation."""
    level: Share = 0.999
    """Confidence level of the downturn's default rate; 99.9 % is that of the Basel formula."""

    @model_validator(mode="after")
    def probabilities_are_inside(self) -> Self:
        """Check that probabilities lie strictly inside 0 and 1."""
        for name in ("pd", "lgd", "level"):
            if not 0.0 < (value := getattr(self, name)) < 1.0:
                raise ValueError(f"{name}: got {value:g}; expected more than 0 and less than 1")
        if self.rho >= 1.0:
            raise ValueError(f"rho: got {self.rho:g}; expected less than 1")
        return self


class CapitalFacts(Spec):
    """One transfer as a supervisor sees it. Amounts are in package currency."""

    form: Literal["outright_sale", "income_right", "securitization"]
    """What is transferred: the loans, the right to their income, or the loans against notes."""
    country: Literal["china", "other"] = "china"
    """Country whose national rules apply besides the Basel rules."""
    outcome: Outcome
    """Outcome of the derecognition tree."""
    kept_share: Share = 0.0
    """Part of the carrying amount that stays by continuing involvement or was not transferred."""
    contractual_return: bool = False
    """A repurchase or swap in the contract leaves the credit risk with the seller."""
    forward_purchase: bool = False
    """The seller must buy the loans back at their value, always or in some event."""
    implicit_support: bool = False
    """Support beyond the disclosed contract, such as a side letter or a habit of buying back."""
    recourse_cap: Money = 0.0
    """First loss that the seller guarantees outside of any notes."""
    outstanding: Money
    """Gross amount of the loans transferred."""
    specific_provisions: Money
    """Provisions held against them."""
    residential: bool = False
    """Whether the loans are secured by residential property."""
    approach: Literal["standardized", "internal_ratings"] = "standardized"
    """The seller's approach to credit risk."""
    downturn_lgd: Share | None = None
    """Under internal ratings: downturn loss given default; alternative to `downturn`."""
    downturn: Downturn | None = None
    """Under internal ratings: means from which the downturn loss given default is derived."""
    best_estimate_loss: Share | None = None
    """Under internal ratings: best estimate of the expected loss today."""
    deal: Securitization | None = None
    """The securitization, if there is one."""
    stated_deal: Securitization | None = None
    """The securitization as the seller states it; defaults to `deal`."""
    reported_rwa: Money | None = None
    """Risk-weighted assets that the seller still reports; defaults to the notes kept, or 0."""
    expected_loss_kept: Share | None = None
    """Share of a securitization's expected loss that the seller keeps, if tested."""
    unexpected_loss_kept: Share | None = None
    """Share of a securitization's unexpected loss that the seller keeps, if tested."""
    gain_claimed: Signed | None = None
    """Day-one gain (loss negative) if the loans were derecognized; defaults to not shown."""
    gain_earned: Signed | None = None
    """Day-one gain (loss negative) under the verdict; defaults to not shown."""
    bank: BankBook | None = None
    """The seller's loan book; defaults to no ratios shown."""

    @model_validator(mode="after")
    def check_consistency(self) -> Self:
        """Report all contradictions between facts together."""
        messages = [text for wrong, text in self._checks() if wrong]
        if messages:
            raise ValueError("; ".join(messages))
        return self

    def _checks(self) -> tuple[tuple[bool, str], ...]:
        package, provisions = self.outstanding, self.specific_provisions
        bank = self.bank or BankBook(loans=package, non_performing=package, allowances=provisions)
        two_lgds = (self.downturn_lgd is None) == (self.downturn is None)
        return (
            (
                provisions > package,
                f"specific_provisions: got {provisions:,.2f}; expected at most the outstanding "
                f"{package:,.2f}",
            ),
            (
                (self.deal is not None) != (self.form == "securitization"),
                f"deal: {'got one' if self.deal else 'got nothing'} with form {self.form!r}; "
                "expected a deal if and only if the form is securitization",
            ),
            (
                self.approach == "internal_ratings"
                and (self.best_estimate_loss is None or two_lgds),
                "best_estimate_loss: expected with internal ratings, and one of downturn_lgd and "
                "downturn",
            ),
            (
                not package <= bank.non_performing <= bank.loans,
                f"bank: got non_performing {bank.non_performing:,.2f} of loans {bank.loans:,.2f}; "
                f"expected the package ({package:,.2f}) within non_performing, "
                "and non_performing within loans",
            ),
            (
                provisions > bank.allowances,
                f"bank.allowances: got {bank.allowances:,.2f}; expected at least the specific "
                f"provisions of the package, {provisions:,.2f}",
            ),
        )
