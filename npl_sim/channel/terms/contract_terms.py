"""Terms of a contract: price, vehicles, undertakings, and the side letter."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field

from npl_sim.channel.terms.accounting import Accounting
from npl_sim.channel.terms.prices import SalePrice
from npl_sim.channel.terms.rates import MarketRate
from npl_sim.channel.terms.undertakings import Undertaking
from npl_sim.channel.terms.vehicles import ChannelDefault, Layer, Servicing, outright_sale
from npl_sim.core.fields import Confidence, Money, Spec, Text, WholeMonths

__all__ = ["ContractTerms", "PlanPoint", "SideLetter", "TermSource"]


class TermSource(Spec):
    """Where terms come from."""

    terms: tuple[Text, ...] = Field(min_length=1)
    """Keys of the terms, such as `undertakings.0.price`."""
    source: Text
    """Address or document; where `assumption`, why it was assumed."""
    assumption: bool = False
    """Whether the terms are assumed and not published."""


class PlanPoint(Spec):
    """A point of the business plan."""

    month: WholeMonths
    """Month."""
    cumulative: Money
    """Net cash expected up to its end."""


class SideLetter(Spec):
    """What differs from the contract that is shown. Keys left out are as shown."""

    price: SalePrice | None = None
    """What is paid for the package."""
    vehicles: tuple[Layer, ...] | None = Field(default=None, min_length=1, max_length=10)
    """Vehicles, in the order in which cash passes."""
    undertakings: tuple[Undertaking, ...] | None = Field(default=None, max_length=50)
    """What the bank promises beside the sale: all of it, that which is shown too."""
    servicing: Servicing | None = None
    """Who works the loans out, for what fee."""
    channel_default: ChannelDefault | None = None
    """Default of the channel."""


class ContractTerms(Spec):
    """Terms of the sale of a package; `ChannelContract` adds the checks across them."""

    name: Text
    """Name of the contract."""
    description: Text = ""
    """What it is."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """Currency, three capital letters; none: that of the study."""
    face: Money | None = None
    """What the debtors owe; none: gross book value of the tape."""
    price: SalePrice
    """What is paid for the package."""
    discount_rate: MarketRate | None = None
    """Effective annual rate at which risks are compared; none: required return of the study, 0 for a table."""
    plan: tuple[PlanPoint, ...] | None = Field(default=None, min_length=1, max_length=1200)
    """Cumulative net cash of the business plan; none: the mean of the scenarios."""
    vehicles: tuple[Layer, ...] = Field(default_factory=outright_sale, min_length=1, max_length=10)
    """Vehicles, in the order in which cash passes; none: an outright sale to investors."""
    undertakings: tuple[Undertaking, ...] = Field(default=(), max_length=50)
    """What the bank promises beside the sale."""
    servicing: Servicing = Servicing()
    """Who works the loans out, for what fee."""
    channel_default: ChannelDefault | None = None
    """Default of the channel; none: it does not."""
    loss_reference: Literal["face", "price"] = "face"
    """What a package without loss pays, for the share of expected loss."""
    tail_level: Annotated[
        float, Field(gt=0.0, lt=0.5, json_schema_extra={"unit": "probability"})
    ] = 0.05
    """Share of the worst scenarios."""
    confidence: Confidence = 0.95
    """Confidence of intervals."""
    side_letter: SideLetter | None = None
    """Side letter; none: the contract is all there is."""
    accounting: Accounting = Accounting()
    """Facts that only the verdict reads."""
    sources: tuple[TermSource, ...] = Field(default=(), max_length=200)
    """Where the terms come from."""

    def letter(self) -> Self:
        """Return the contract with its side letter laid on, or itself where there is none."""
        if self.side_letter is None:
            return self
        given = {key: getattr(self.side_letter, key) for key in self.side_letter.model_fields_set}
        given = {key: value for key, value in given.items() if value is not None}
        return self.model_copy(update={**given, "side_letter": None})

    def shown(self) -> Self:
        """Return the contract without its side letter."""
        return self.model_copy(update={"side_letter": None})

    def layer(self, name: str) -> Layer:
        """Return a layer by name."""
        return next(x for x in self.vehicles if x.name == name)
