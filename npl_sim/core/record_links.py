"""Records of the kernel that are filled from YAML keys: work-out terms, asset classes, auctions.

A table of links says which key fills which field, and how. The record types are generated from
it, and `engine.terms` fills the records from it, so a quantity has one name from key to kernel.
A field is named like its key. Where the key alone says too little, the name of its section comes
before it: `lawsuit.win_probability` becomes
`lawsuit_win_probability`.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import numpy as np

from npl_sim.core.layout import MAX_ROUNDS, Stage


class LinkKind(Enum):
    """How the value of a key becomes a record field, with the type of the field."""

    NUMBER = ("number", "f8")
    """The number itself; infinity where the key is empty."""
    WHOLE = ("whole", "i4")
    """The whole number itself, 1 for true and 0 for false."""
    MONTHLY = ("monthly", "f8")
    """A yearly rate divided by 12. [per month]"""
    QUANTILES = ("quantiles", "i4")
    """Row of the distribution in the quantile tables."""
    CODE = ("code", "i4")
    """Code of a name in `layout`."""
    PRESENT = ("present", "i4")
    """1 where the study has the section, else 0."""
    COUNT = ("count", "i4")
    """Length of a list."""
    SCHEDULE = ("schedule", "f8")
    """One number for each entry of a list."""
    DERIVED = ("derived", "f8")
    """Computed from several keys by a function of `engine.terms`."""
    ROWS = ("rows", "i4")
    """End of a half-open range of rows, written with the rows themselves."""


NUMBER, WHOLE, MONTHLY = LinkKind.NUMBER, LinkKind.WHOLE, LinkKind.MONTHLY
QUANTILES, CODE, PRESENT = LinkKind.QUANTILES, LinkKind.CODE, LinkKind.PRESENT
COUNT, SCHEDULE = LinkKind.COUNT, LinkKind.SCHEDULE
DERIVED, ROWS = LinkKind.DERIVED, LinkKind.ROWS


class Link(NamedTuple):
    """Link from a YAML key to a field of a kernel record."""

    path: str
    """Path of the key, sections joined by dots."""
    kind: LinkKind
    """How the value is converted."""
    prefix: bool = False
    """Whether the field's name begins with the name of the key's section."""
    name: str = ""
    """Name of the field of a derived quantity; defaults to the name by the rule."""
    absent: float = 0.0
    """Value where the study does not have the section."""
    length: int = 0
    """Entries of the field; 0 for a single value."""

    @property
    def field(self) -> str:
        """Name of the record field."""
        return self.name or "_".join(self.path.split(".")[-2 if self.prefix else -1 :])


def record(links: tuple[Link, ...]) -> np.dtype:
    """Return the record type with one field for each link."""
    return np.dtype(
        [(link.field, link.kind.value[1], (link.length,) if link.length else ()) for link in links]
    )


TERMS_LINKS = (
    Link("collection.payer_share", NUMBER),
    Link("collection.frailty", QUANTILES),
    Link("collection.months", WHOLE, prefix=True),
    Link("collection.promise.months", WHOLE, prefix=True, absent=-1),
    Link("collection.promise.kept_probability", NUMBER, prefix=True, absent=1.0),
    Link("market.group_correlation", NUMBER),
    Link("market.region_correlation", NUMBER),
    # Restructuring offer, and the repayment plan of a cured loan.
    Link("restructuring.offer_month", WHOLE, absent=-1),
    Link("restructuring.offered_share", NUMBER),
    Link("restructuring.acceptance_probability", NUMBER),
    Link("restructuring.haircut", NUMBER),
    Link("restructuring.rate", MONTHLY, prefix=True),
    Link("restructuring.term", WHOLE, prefix=True),
    Link("restructuring.grace_months", WHOLE),
    Link("restructuring.balloon", NUMBER, prefix=True),
    Link("restructuring.redefault_hazard", NUMBER, prefix=True),
    Link("restructuring.haircut_revoked", WHOLE),
    Link("restructuring.maximum_plans", WHOLE),
    Link("pricing.required_return", DERIVED, name="plan_discount_factor"),
    Link("cure.rate", MONTHLY, prefix=True),
    Link("cure.term", WHOLE, prefix=True),
    Link("cure.redefault_hazard", NUMBER, prefix=True),
    # Litigation.
    Link("litigation", PRESENT, name="litigate"),
    Link("litigation.after_months", WHOLE, prefix=True),
    Link("litigation.minimum_claim", NUMBER, prefix=True),
    Link("litigation.file_before_expiry", WHOLE),
    Link("litigation.expiry_margin", NUMBER),
    Link("litigation.route", CODE),
    Link("legal.payment_order_fee_factor", NUMBER),
    Link("litigation.payment_order.duration", QUANTILES, prefix=True),
    Link("litigation.payment_order.objection_probability", NUMBER),
    Link("litigation.arbitration.duration", QUANTILES, prefix=True),
    Link("litigation.arbitration.win_probability", NUMBER, prefix=True),
    Link("litigation.lawsuit.duration", QUANTILES, prefix=True),
    Link("litigation.lawsuit.win_probability", NUMBER, prefix=True),
    Link("litigation.award_share", QUANTILES),
    Link("litigation.lawsuit.mediation_probability", NUMBER),
    Link("litigation.lawsuit.mediation_duration", QUANTILES),
    Link("litigation.lawsuit.mediation_discount", NUMBER),
    Link("legal.mediation_fee_factor", NUMBER),
    Link("litigation.lawsuit.appeal_probability", NUMBER),
    Link("litigation.lawsuit.appeal_duration", QUANTILES),
    Link("litigation.lawsuit.reversal_probability", NUMBER),
    Link("litigation.lawsuit.default_judgment_probability", NUMBER),
    Link("litigation.lawsuit.default_judgment_duration", QUANTILES),
    Link("litigation.lawsuit.default_judgment_win_probability", NUMBER),
    Link("litigation.lawsuit.summary_maximum_claim", NUMBER),
    Link("legal.summary_fee_factor", NUMBER),
    Link("litigation.lawyer_fixed_fee", NUMBER),
    Link("litigation.lawyer_appeal_fee", NUMBER),
    Link("litigation.lawyer_enforcement_fee", NUMBER),
    Link("litigation.lawyer_contingency_share", NUMBER),
    Link("legal.cost_shifting", NUMBER),
    Link("legal.lawyer_fee_shifting", NUMBER),
    Link("litigation.defense_raised", NUMBER),
    Link("litigation.preservation", PRESENT, name="preserve"),
    Link("litigation.preservation.delay", DERIVED, prefix=True),
    Link("litigation.preservation.premium", DERIVED, name="security_cost"),
    Link("litigation.preservation.security", DERIVED, name="security_deposit"),
    # Judgment and enforcement.
    Link("enforcement.performance_probability", NUMBER),
    Link("enforcement.performance_delay", QUANTILES),
    Link("enforcement.performance_window", NUMBER),
    Link("enforcement.application_delay", NUMBER),
    Link("enforcement", PRESENT, name="enforce"),
    Link("enforcement.assets", ROWS, name="asset_begin"),
    Link("enforcement.assets", ROWS, name="asset_end"),
    Link("enforcement.search_duration", QUANTILES),
    Link("enforcement.garnishment_probability", NUMBER),
    Link("enforcement.garnishment_share", NUMBER),
    Link("enforcement.garnishment_months", WHOLE),
    Link("enforcement.guarantor_payment_probability", NUMBER),
    Link("enforcement.guarantor_share", QUANTILES),
    Link("enforcement.guarantor_delay", QUANTILES),
    Link("enforcement.resumption_probability", NUMBER),
    Link("enforcement.resumption_delay", QUANTILES),
    Link("enforcement.resumption_share", QUANTILES),
    Link("enforcement.other_court.sale_duration", QUANTILES, prefix=True),
    Link("enforcement.other_court.transfer_probability", NUMBER, prefix=True),
    Link("enforcement.other_court.transfer_duration", QUANTILES, prefix=True),
    # Insolvency of the debtor.
    Link("insolvency.group_correlation", NUMBER, prefix=True),
    Link("insolvency.region_correlation", NUMBER, prefix=True),
    Link("insolvency.petition_acceptance_probability", NUMBER),
    Link("insolvency.petition_duration", QUANTILES),
    Link("insolvency.reorganization_probability", NUMBER),
    Link("insolvency.plan_duration", QUANTILES, prefix=True),
    Link("insolvency.secured_vote_probability", NUMBER),
    Link("insolvency.ordinary_vote_probability", NUMBER),
    Link("insolvency.cram_down_probability", NUMBER),
    Link("insolvency.plan.secured_share", NUMBER, prefix=True),
    Link("insolvency.plan.ordinary_share", NUMBER, prefix=True),
    Link("insolvency.plan.term", WHOLE, prefix=True),
    Link("insolvency.plan.grace_months", WHOLE, prefix=True),
    Link("insolvency.plan.failure_hazard", NUMBER, prefix=True),
    Link("insolvency.duration", QUANTILES, prefix=True),
    Link("insolvency.no_distribution_probability", NUMBER),
    Link("insolvency.no_distribution_duration", QUANTILES),
    Link("insolvency.collateral_time_share", NUMBER),
    Link("insolvency.estate_sale_discount", NUMBER),
    Link("insolvency.no_bidder_discount", NUMBER),
    Link("insolvency.collateral_cost", NUMBER),
    Link("insolvency.free_assets", QUANTILES),
    Link("insolvency.cost_share", NUMBER, prefix=True),
    Link("insolvency.other_claims", NUMBER),
    Link("insolvency.other_secured_share", NUMBER),
    Link("insolvency.employee_share", NUMBER),
    Link("insolvency.tax_share", NUMBER),
    Link("legal.administrator_collateral_factor", NUMBER),
    # Exit. Prices are by the stage in which the loan stands.
    Link("sale.unsecured_price", NUMBER, prefix=True, length=len(Stage)),
    Link("sale.secured_price", NUMBER, prefix=True, length=len(Stage)),
    Link("sale.half_life", DERIVED, name="sale_decay"),
    Link("sale.bulk_discount", NUMBER, prefix=True),
    Link("residual_share", NUMBER),
    # Law.
    Link("legal.limitation", DERIVED, name="limitation_months"),
    Link("legal.enforcement_window_months", NUMBER),
    Link("legal.waitlist_transfer_months", NUMBER),
    Link("legal.judgment_delay_rate", MONTHLY),
)
"""Links of TERMS. A path begins at the policy, unless it names `legal`, `market` or `pricing`."""

TERMS = record(TERMS_LINKS)

AUCTION_LINKS = (
    Link("seizure_duration", QUANTILES),
    Link("rounds", COUNT),
    Link("rounds.reserve", SCHEDULE, length=MAX_ROUNDS),
    Link("rounds.months", SCHEDULE, name="round_months", length=MAX_ROUNDS),
    Link("rounds.bidders", SCHEDULE, length=MAX_ROUNDS),
    Link("rounds.window", SCHEDULE, length=MAX_ROUNDS),
    Link("acceptance_against_debt_probability", DERIVED, name="acceptance", length=MAX_ROUNDS),
    Link("court_appraisal_error", NUMBER),
    Link("no_bidder_probability", NUMBER),
    Link("forced_sale_discount", NUMBER),
    Link("bid_volatility", NUMBER),
    Link("bid_correlation", NUMBER),
    Link("withdrawal_probability", NUMBER),
    Link("winner_default_probability", NUMBER),
    Link("deposit", NUMBER),
    Link("reauctions", WHOLE),
    Link("reappraisal_months", NUMBER),
    Link("surplus_required", WHOLE),
    Link("surplus_payment_probability", NUMBER),
    Link("cost", NUMBER),
    Link("tax", NUMBER),
    Link("resale_duration", QUANTILES),
    Link("resale_discount", NUMBER),
    Link("holding_cost", MONTHLY),
)
"""Links of AUCTION from the keys of a kind of collateral under `collateral`."""

AUCTION = record(AUCTION_LINKS)

ASSET_LINKS = (
    Link("ownership_probability", NUMBER),
    Link("discovery_probability", NUMBER),
    Link("freeze_probability", NUMBER),
    Link("coverage", QUANTILES),
    Link("realization_duration", QUANTILES),
    Link("dissipation_rate", MONTHLY),
    Link("freeze_months", NUMBER),
    Link("renewal_probability", NUMBER),
    Link("competing_seizure_rate", MONTHLY),
    Link("waitlisted_share", NUMBER),
)
"""Links of ASSET from the keys of `policies.enforcement.assets`."""

ASSET = record(ASSET_LINKS)
