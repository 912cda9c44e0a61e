"""Simplifications of the second method that affect a study, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from npl_sim.tape.seizures import seized_by_others

if TYPE_CHECKING:
    from npl_sim.policy.enforcement import CollateralTerms
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

ALWAYS = (
    "Times are convolved on a grid of half months. If they have a density, half of the cash at a "
    "month's end is paid in the next month."
)
COOPERATION = (
    "The running effect of cooperation is lognormal with its exact mean and variance, and fully "
    "dependent months. Plans do not depend on the cooperation that led to them."
)
CONGESTION = (
    "Congestion is integrated over its level at filing and at the application, as if the two were "
    "independent."
)
INDEPENDENT = (
    "Collateral indices, congestion and cooperation are treated as independent of one another."
)
WILLINGNESS = "Correlated willingness of borrowers changes no expectation and is left out."
SUITS = (
    "Partial payments lower a claim by their average before its suit. Awards count at their mean. "
    "Court fees are computed on the average claim at its average time of filing."
)
REDEFAULTS = (
    "Redefaults of a loan are sued in three parts by time, each at its average time and claim. A "
    "plan does not change the distribution of willingness."
)
AUCTIONS = (
    "Auction proceeds are computed at some forty dates with linear interpolation between them. "
    "An item's own drift does not change during an auction, and slow courts lengthen the auction "
    "by their average. The rest of a claim is counted in tenths."
)
BIDDERS = (
    "Withdrawals and new appraisals of an auction count at their average time and value. The "
    "court's appraisal has no error. Defaults of winners cost no time, and their deposits are "
    "left out. A sale needs a price above prior liens, and the reserve does not cover costs."
)
ITEMS = (
    "Items of one loan are independent. The value of an item that is unsold at the end does not "
    "depend on its failed auctions."
)
ENFORCEMENT = (
    "Payments in enforcement lower a claim in tenths, in the order of their mean times. "
    "Guarantors, other assets and resumption come before an auction with the probability that "
    "they are earlier."
)
OTHER_COURTS = (
    "Items that another court seized first are sold on our own court's time, without that "
    "court's delay. Claims that share an item with ours are NOT deducted."
)
CONTRACTS = "Agency contracts on totals are NOT settled: their fees and bonuses are missing here."
WAITING_SALE = (
    "A sale that waits for a factor is made in its expected month, in an average scenario."
)
BUYER_RETURN = (
    "The price of a buyer with a required return is computed on the remaining cash of this "
    "method, not on a pilot run."
)
PLAN_TEST = "The test of a plan's value uses this method's own value without the plan."
INSOLVENCY = (
    "Insolvencies are a mixture over some months of acceptance, independent of all other cash. "
    "Durations and free assets count at some quantiles, and a failed plan at its middle. Claims "
    "in proceedings at the exit count nothing. Loans in insolvency on the tape are not compared. "
    "Petitions on the tape are left out."
)
COURTS = "The court queue counts all planned filings, as the simulation does."


def _shared_or_waiting(table: LoanTable) -> bool:
    """Return whether another court comes first on some item, or other creditors share one."""
    items = table.collateral
    shared = items["seizure_only"].astype(bool) & (items["other_claims"].fillna(0.0) > 0.0)
    return bool(seized_by_others(items["seized_by"]).any() or shared.any())


def _holds_again(terms: CollateralTerms) -> bool:
    """Return whether auctions may be withdrawn or held again, or prices must leave a surplus."""
    return bool(
        terms.withdrawal_probability
        or terms.winner_default_probability
        or terms.reauctions
        or terms.surplus_required
        or terms.court_appraisal_error
    )


def limits(study: Study, table: LoanTable) -> tuple[str, ...]:
    """Return the simplifications that affect a study and its loans.

    Parameters
    ----------
    study, table
        The study and its loans.
    """
    market, policies, items = study.market, study.policies, len(table.collateral) > 0
    plans = [p.restructuring for p in policies if p.restructuring is not None]
    sales = [p.sale for p in policies if p.sale is not None]
    enforced = [p.enforcement for p in policies if p.enforcement is not None]
    redefaults = bool(plans) or any(p.cure.redefault_hazard > 0.0 for p in policies)
    applies = {
        ALWAYS: True,
        COOPERATION: market.cooperation.volatility > 0.0,
        CONGESTION: market.congestion.volatility > 0.0,
        INDEPENDENT: market.copula.kind == "student_t" or bool(market.correlations),
        WILLINGNESS: bool(market.group_correlation or market.region_correlation),
        SUITS: any(p.litigation is not None for p in policies),
        REDEFAULTS: redefaults,
        AUCTIONS: items,
        BIDDERS: items and any(_holds_again(terms) for terms in study.collateral.values()),
        ITEMS: items,
        OTHER_COURTS: _shared_or_waiting(table),
        ENFORCEMENT: any(e.assets or e.garnishment_probability for e in enforced),
        CONTRACTS: any(a.contract for p in policies for a in p.collection.agencies),
        WAITING_SALE: any(s.wait_for is not None for s in sales),
        BUYER_RETURN: any(s.buyer_return is not None for s in sales),
        PLAN_TEST: any(r.npv_test is not None for r in plans),
        INSOLVENCY: any(p.insolvency is not None and p.insolvency.hazard > 0.0 for p in policies)
        or bool((table.loans["insolvency_status"] != "").any())
        or bool((table.loans["stage"].astype(str) == "insolvency").any()),
        COURTS: market.courts is not None,
    }
    return tuple(text for text, holds in applies.items() if holds)
