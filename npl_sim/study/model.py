"""A study: all assumptions about a package, composed of the specifications of each section."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, field_validator

from npl_sim.core.fields import Currency, Jurisdiction, Spec, Text
from npl_sim.core.on_demand import OnDemand
from npl_sim.legal.regime import LegalRegime
from npl_sim.market.spec import Market
from npl_sim.policy.agency_contracts import AgencyContract
from npl_sim.policy.enforcement import CollateralTerms
from npl_sim.policy.expert_terms import Experts, ManualCash, Overrides
from npl_sim.policy.policy import Policy
from npl_sim.study.simulation import Simulation
from npl_sim.study.source_spec import FigureSource
from npl_sim.tape.names import kind_and_place
from npl_sim.tape.spec import TapeSpec
from npl_sim.valuation.margins import Prudence
from npl_sim.valuation.parties import Buyer, Seller
from npl_sim.valuation.spec import Pricing

if TYPE_CHECKING:
    from npl_sim.channels.terms.contract import ChannelContract
    from npl_sim.securitization.terms.deal import Deal
else:
    # Few studies hold a deal or a contract, and their models take a fifth of the start.
    ChannelContract = Annotated[
        Any, OnDemand("npl_sim.channels.terms.contract", "ChannelContract")
    ]
    Deal = Annotated[Any, OnDemand("npl_sim.securitization.terms.deal", "Deal")]

Name = Annotated[str, Field(min_length=1, max_length=120, json_schema_extra={"unit": "text"})]


class Study(Spec):
    """All that is assumed about a package of loans."""

    name: Name
    """Name of the study; the run folder is called after it."""
    description: Text = ""
    """What the study is for."""
    valuation_date: date
    """Date to which cash flows are discounted and from which months count."""
    currency: Currency = "CNY"
    """Currency of all amounts."""
    jurisdiction: Jurisdiction | None = None
    """Country in which the loans are worked out; optional."""
    tape: TapeSpec
    """The loan tape and how it is read."""
    legal: LegalRegime = LegalRegime()
    """The law under which the loans are worked out."""
    market: Market = Market()
    """Systematic market factors."""
    collateral: dict[str, CollateralTerms] = Field(default={}, max_length=200)
    """How each kind of collateral is valued and sold. An entry such as `residential/east` changes
    some keys for a region; the entry `default` serves kinds not
    listed."""
    policies: tuple[Policy, ...] = Field(min_length=1, max_length=200)
    """Work-out policies; the first that applies governs a loan."""
    experts: Experts = Experts()
    """Estimates of experts by loan, borrower or collateral item."""
    manual_cash: ManualCash = ManualCash()
    """Cash by loan and month that people entered."""
    overrides: Overrides = Overrides()
    """Terms of policies that people changed for single loans."""
    contracts: tuple[AgencyContract, ...] = Field(default=(), max_length=200)
    """Contracts on the totals of placements, to which agencies refer by name."""
    stress: tuple[Text, ...] = ()
    """Names of the market's stresses to apply."""
    simulation: Simulation = Simulation()
    """Size, seed and limits of the run."""
    pricing: Pricing = Pricing()
    """How cash flows become a price."""
    buyer: Buyer = Buyer()
    """The buyer's required return, costs and financing."""
    seller: Seller = Seller()
    """Hold value of the package to its owner."""
    prudence: Prudence = Prudence()
    """Margins taken off the best estimate, and limits of age and completeness."""
    sources: tuple[FigureSource, ...] = Field(default=(), max_length=1000)
    """Origins of the figures of market, collateral and policies; the first entry that matches a
    figure counts."""
    comparables: Path | None = None
    """The user's own comparables: a table of prices of other packages, relative to the study."""
    inputs: Path | None = None
    """Workbook of inputs, relative to the study, whose edited cells replace values of the study;
    `npl-sim init` writes it."""
    deal: Deal | None = None
    """Securitization of the package, for `npl-sim deal run` and `npl-sim deal size`; optional."""
    channel: ChannelContract | None = None
    """Sale through a channel, for `npl-sim channel`; may be given on the command line instead."""
    files_within: Text | None = None
    """Folder, relative to the study's, in which every file that the study names must lie; defaults
    to anywhere. It can only narrow what the command line allows."""

    @property
    def stated_buyer(self) -> Buyer | None:
        """The buyer, if the study states one: without it nothing is a bid."""
        return self.buyer if "buyer" in self.model_fields_set else None

    @field_validator("collateral")
    @classmethod
    def regions_change_their_kind(
        cls, entries: dict[str, CollateralTerms]
    ) -> dict[str, CollateralTerms]:
        """Fill the keys that an entry of a kind and region leaves out with those of its kind."""
        kinds = {kind_and_place(name): entry for name, entry in entries.items()}
        filled = {}
        for name, entry in entries.items():
            kind = kind_and_place(name).partition("/")[0]
            base = kinds.get(kind, kinds.get("default"))
            if "/" in name and base is not None:
                own = {key: getattr(entry, key) for key in entry.model_fields_set}
                entry = base.model_copy(update=own)
            filled[name] = entry
        return filled
