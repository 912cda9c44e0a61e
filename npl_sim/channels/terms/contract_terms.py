"""Terms of a contract: price, vehicles, undertakings and side letter."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field

from npl_sim.channels.terms.accounting import Accounting
from npl_sim.channels.terms.prices import SalePrice
from npl_sim.channels.terms.rates import MarketRate
from npl_sim.channels.terms.undertakings import Undertaking
from npl_sim.channels.terms.vehicles import ChannelDefault, Servicing, Vehicle, outright_sale
from npl_sim.core.fields import Confidence, Money, Spec, Text, WholeMonths


class TermSource(Spec):
    """Source of terms."""

    terms: tuple[Text, ...] = Field(min_length=1)
    """Keys of the terms, such as `undertakings.0.price`."""
    source: Text
    """Address or document; for an assumption, its reason."""
    assumption: bool = False
    """Whether the terms are assumed and not published."""


class PlanPoint(Spec):
    """Point of the business plan."""

    month: WholeMonths
    """Month."""
    cumulative: Money
    """Net cash expected up to the end of the month."""


class SideLetter(Spec):
    """Changes to the disclosed contract. Missing keys stay as disclosed."""

    price: SalePrice | None = None
    """Price of the package."""
    vehicles: tuple[Vehicle, ...] | None = Field(default=None, min_length=1, max_length=10)
    """Vehicles in the order of cash flow."""
    undertakings: tuple[Undertaking, ...] | None = Field(default=None, max_length=50)
    """All promises of the bank besides the sale, including the disclosed ones."""
    servicing: Servicing | None = None
    """Servicer and its fee."""
    channel_default: ChannelDefault | None = None
    """Default of the channel."""


class ContractTerms(Spec):
    """Terms of the sale of a package; `ChannelContract` adds the checks across them."""

    name: Text
    """Name of the contract."""
    description: Text = ""
    """Description of the contract."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """Currency, three capital letters; defaults to that of the study."""
    face: Money | None = None
    """Amount that the debtors owe; defaults to the gross book value of the tape."""
    price: SalePrice
    """Price of the package."""
    discount_rate: MarketRate | None = None
    """Effective annual discount rate; defaults to the study's required return, 0 for a table."""
    plan: tuple[PlanPoint, ...] | None = Field(default=None, min_length=1, max_length=1200)
    """Cumulative net cash of the business plan; defaults to the mean of the scenarios."""
    vehicles: tuple[Vehicle, ...] = Field(
        default_factory=outright_sale, min_length=1, max_length=10
    )
    """Vehicles in the order of cash flow; defaults to an outright sale to investors."""
    undertakings: tuple[Undertaking, ...] = Field(default=(), max_length=50)
    """Promises of the bank besides the sale."""
    servicing: Servicing = Servicing()
    """Servicer and its fee."""
    channel_default: ChannelDefault | None = None
    """Default of the channel; defaults to no default."""
    loss_reference: Literal["face", "price"] = "face"
    """Cash of a package without loss, for the share of expected loss."""
    tail_level: Annotated[
        float, Field(gt=0.0, lt=0.5, json_schema_extra={"unit": "probability"})
    ] = 0.05
    """Share of scenarios in the tail."""
    confidence: Confidence = 0.95
    """Confidence level of intervals."""
    side_letter: SideLetter | None = None
    """Side letter; defaults to no side letter."""
    accounting: Accounting = Accounting()
    """Facts that only the verdict uses."""
    sources: tuple[TermSource, ...] = Field(default=(), max_length=200)
    """Sources of the terms."""

    def with_side_letter(self) -> Self:
        """Return the contract with its side letter applied, or itself without one."""
        if self.side_letter is None:
            return self
        given = {key: getattr(self.side_letter, key) for key in self.side_letter.model_fields_set}
        given = {key: value for key, value in given.items() if value is not None}
        return self.model_copy(update={**given, "side_letter": None})

    def disclosed(self) -> Self:
        """Return the contract without its side letter."""
        return self.model_copy(update={"side_letter": None})
