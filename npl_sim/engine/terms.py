"""Policies, collateral terms and fee schedules as records for the kernel."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from npl_sim.core.layout import ASSET, AUCTION, FEES, TERMS, FeeRow, Route
from npl_sim.engine.quantiles import QuantileTables
from npl_sim.legal.fees import FeeSchedule
from npl_sim.legal.limitation import period_months
from npl_sim.legal.regime import LegalRegime
from npl_sim.market.spec import Market
from npl_sim.policy.enforcement import CollateralTerms, Enforcement
from npl_sim.policy.litigation import Litigation
from npl_sim.policy.policy import Policy
from npl_sim.stats.discount import discount_factor

__all__ = ["lower_assets", "lower_auctions", "lower_fees", "lower_policies"]

_ROUTES = {
    "lawsuit": Route.LAWSUIT,
    "payment_order": Route.PAYMENT_ORDER,
    "arbitration": Route.ARBITRATION,
}


def _or_infinite(value: float | None) -> float:
    return math.inf if value is None else value


def lower_policies(
    policies: Sequence[Policy],
    legal: LegalRegime,
    valuation_date: date,
    market: Market,
    required_return: float,
    tables: QuantileTables,
) -> np.ndarray:
    """Return one TERMS record for each policy."""
    terms = np.zeros(len(policies), dtype=TERMS)
    for row, policy in zip(terms, policies, strict=True):
        row["limitation_months"] = period_months(legal.limitation, valuation_date)
        row["window_months"] = _or_infinite(legal.enforcement_window_months)
        row["delay_rate"] = legal.judgment_delay_rate / 12.0
        row["residual_share"] = policy.residual_share
        row["group_rho"] = market.group_correlation
        row["region_rho"] = market.region_correlation
        row["plan_factor"] = discount_factor(required_return, 1.0 / 12.0)
        _lower_collection(row, policy, tables)
        _lower_litigation(row, policy.litigation, legal, tables)
        _lower_enforcement(row, policy.enforcement, tables)
        sale = policy.sale
        if sale is not None:
            row["sale_unsecured"] = sale.unsecured_price
            row["sale_secured"] = sale.secured_price
            row["sale_decay"] = math.log(2.0) / sale.half_life if sale.half_life else 0.0
            row["sale_bulk_discount"] = sale.bulk_discount
    return terms


def _lower_collection(row: np.void, policy: Policy, tables: QuantileTables) -> None:
    row["payer_share"] = policy.collection.payer_share
    row["q_frailty"] = tables.row(policy.collection.frailty)
    row["collection_months"] = policy.collection.months
    promise = policy.collection.promise
    row["promise_months"] = -1 if promise is None else promise.months
    row["p_promise_kept"] = 1.0 if promise is None else promise.kept
    row["cure_rate"] = policy.cure.rate / 12.0
    row["cure_term"] = policy.cure.term
    row["cure_redefault"] = policy.cure.redefault_hazard
    offer = policy.restructuring
    row["offer_month"] = -1 if offer is None else offer.offer_month
    if offer is not None:
        row["willing_most"] = offer.most_willing
        row["plans_most"] = offer.plans
        row["p_accept"] = offer.accept
        row["haircut"] = offer.haircut
        row["plan_rate"] = offer.rate / 12.0
        row["plan_term"] = offer.term
        row["plan_grace"] = offer.grace
        row["plan_balloon"] = offer.balloon
        row["plan_redefault"] = offer.redefault_hazard
        row["haircut_revoked"] = offer.haircut_revoked


def _lower_litigation(
    row: np.void, litigation: Litigation | None, legal: LegalRegime, tables: QuantileTables
) -> None:
    # A loan may stand in court on the tape even where the policy files no new suits.
    row["litigate"] = litigation is not None
    litigation = litigation or Litigation()
    row["litigate_after"] = litigation.after_months
    row["litigate_minimum"] = litigation.minimum_claim
    row["file_before_expiry"] = litigation.file_before_expiry
    row["expiry_margin"] = litigation.expiry_margin
    row["route"] = _ROUTES[litigation.route]
    row["order_fee_factor"] = legal.payment_order_factor
    row["q_order"] = tables.row(litigation.payment_order.duration)
    row["p_objection"] = litigation.payment_order.objection
    row["q_arbitration"] = tables.row(litigation.arbitration.duration)
    row["p_arbitration_win"] = litigation.arbitration.win
    lawsuit = litigation.lawsuit
    row["q_first"] = tables.row(lawsuit.duration)
    row["p_win"] = lawsuit.win
    row["q_award"] = tables.row(litigation.award)
    row["p_mediation"] = lawsuit.mediation
    row["q_mediation"] = tables.row(lawsuit.mediation_duration)
    row["mediation_discount"] = lawsuit.mediation_discount
    row["mediation_fee_factor"] = legal.mediation_factor
    row["p_appeal"] = lawsuit.appeal
    row["q_appeal"] = tables.row(lawsuit.appeal_duration)
    row["p_reversal"] = lawsuit.reversal
    row["p_absent"] = lawsuit.default_judgment
    row["q_absent"] = tables.row(lawsuit.default_duration)
    row["p_absent_win"] = lawsuit.default_win
    row["summary_maximum"] = lawsuit.summary_maximum
    row["summary_fee_factor"] = legal.summary_factor
    row["lawyer_fixed"] = litigation.lawyer_fixed
    row["lawyer_appeal"] = litigation.lawyer_appeal
    row["lawyer_enforcement"] = litigation.lawyer_enforcement
    row["lawyer_contingent"] = litigation.lawyer_contingent
    row["cost_shift"] = legal.cost_shifting
    row["lawyer_shift"] = legal.lawyer_shifting
    row["p_defence"] = litigation.defence_raised
    preservation = litigation.preservation
    row["preserve"] = preservation is not None
    if preservation is not None:
        row["preserve_delay"] = 0.0 if preservation.before_suit else preservation.delay
        cash = preservation.form == "cash"
        row["security_deposit"] = preservation.security if cash else 0.0
        row["security_cost"] = 0.0 if cash else preservation.security * preservation.premium


def _lower_enforcement(
    row: np.void, enforcement: Enforcement | None, tables: QuantileTables
) -> None:
    row["enforce"] = enforcement is not None
    enforcement = enforcement or Enforcement()
    row["p_perform"] = enforcement.perform
    row["q_perform"] = tables.row(enforcement.perform_delay)
    row["perform_window"] = enforcement.performance_window
    row["apply_delay"] = enforcement.apply_delay
    row["q_search"] = tables.row(enforcement.search)
    row["p_garnish"] = enforcement.garnish
    row["garnish_share"] = enforcement.garnish_share
    row["garnish_months"] = enforcement.garnish_months
    row["p_guarantor"] = enforcement.guarantor_pays
    row["q_guarantor_share"] = tables.row(enforcement.guarantor_share)
    row["q_guarantor_delay"] = tables.row(enforcement.guarantor_delay)
    row["p_revival"] = enforcement.revival
    row["q_revival_delay"] = tables.row(enforcement.revival_delay)
    row["q_revival_share"] = tables.row(enforcement.revival_share)


def lower_assets(
    policies: Sequence[Policy], terms: np.ndarray, tables: QuantileTables
) -> np.ndarray:
    """Return the ASSET records of all policies, and write their ranges into `terms`."""
    classes = [() if p.enforcement is None else p.enforcement.assets for p in policies]
    assets = np.zeros(sum(map(len, classes)), dtype=ASSET)
    end = 0
    for row, own in zip(terms, classes, strict=True):
        row["asset_begin"], row["asset_end"] = end, end + len(own)
        for words in own:
            asset = assets[end]
            asset["p_present"] = words.present
            asset["p_find"] = words.find
            asset["p_find_preserved"] = words.find_preserved
            asset["q_coverage"] = tables.row(words.coverage)
            asset["q_search"] = tables.row(words.search)
            asset["dissipation"] = words.dissipation / 12.0
            asset["freeze_months"] = words.freeze_months
            asset["p_renewal"] = words.renewal
            asset["rivals"] = words.rivals / 12.0
            asset["rank_share"] = words.rank_share
            end += 1
    return assets


def lower_auctions(kinds: Mapping[str, CollateralTerms], tables: QuantileTables) -> np.ndarray:
    """Return one AUCTION record for each kind of collateral, in the order of `kinds`."""
    auctions = np.zeros(max(1, len(kinds)), dtype=AUCTION)
    for row, kind in zip(auctions, kinds.values(), strict=False):
        row["q_seizure"] = tables.row(kind.seizure)
        row["rounds"] = len(kind.rounds)
        for r, auction_round in enumerate(kind.rounds):
            row["reserve"][r] = auction_round.reserve
            row["gap"][r] = auction_round.months
        row["forced_discount"] = kind.forced_sale_discount
        row["bid_volatility"] = kind.bid_volatility
        row["cost"] = kind.cost
        row["tax"] = kind.tax
        row["p_in_kind"] = kind.accept_in_kind
        row["q_resale"] = tables.row(kind.resale)
        row["resale_discount"] = kind.resale_discount
        row["holding"] = kind.holding_cost / 12.0
    return auctions


def lower_fees(legal: LegalRegime) -> np.ndarray:
    """Return one FEES record for each schedule, in the order of `FeeRow`."""
    fees = np.zeros(len(FeeRow), dtype=FEES)
    schedules = {
        FeeRow.COURT: legal.court_fee,
        FeeRow.ENFORCEMENT: legal.enforcement_fee,
        FeeRow.PRESERVATION: legal.preservation_fee,
        FeeRow.ARBITRATION: legal.arbitration_fee,
    }
    for code, schedule in schedules.items():
        _lower_schedule(fees[code], schedule)
    return fees


def _lower_schedule(row: np.void, schedule: FeeSchedule) -> None:
    row["brackets"] = len(schedule.brackets)
    row["cap"] = _or_infinite(schedule.cap)
    lower = base = 0.0
    for i, bracket in enumerate(schedule.brackets):
        upper = _or_infinite(bracket.up_to)
        base += bracket.fixed
        row["upper"][i] = upper
        row["rate"][i] = bracket.rate
        row["base"][i] = base
        if math.isfinite(upper):
            base += bracket.rate * (upper - lower)
            lower = upper
