"""What the second method simplifies for one study, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["limits"]


def limits(study: Study, table: LoanTable) -> tuple[str, ...]:
    """Return the simplifications that touch a study and its loans.

    Parameters
    ----------
    study, table
        What is valued.
    """
    said = [
        "Times are convolved on a grid of half months; where they have a density, half of what falls on a "
        "month's end is paid in the next month.",
    ]
    market, policies = study.market, study.policies
    if market.cooperation.volatility > 0.0:
        said.append(
            "The running effect of cooperation is taken to be lognormal with its exact mean and variance, "
            "its months moving together; plans do not know the cooperation that led to them."
        )
    if market.congestion.volatility > 0.0:
        said.append(
            "Congestion is integrated over its level at filing and at the application, as if the two were independent."
        )
    if market.copula.kind == "student_t" or market.correlations:
        said.append(
            "Collateral indices, congestion and cooperation are treated as independent of one another."
        )
    if market.group_correlation or market.region_correlation:
        said.append("Correlated willingness of borrowers moves no expectation and is left out.")
    sued = [p for p in policies if p.litigation is not None]
    if sued:
        said.append(
            "Partial payments lower a claim by their average before it is sued, awards count at their mean, and "
            "court fees are worked out on the average claim at its average time of filing."
        )
    if any(p.restructuring is not None or p.cure.redefault_hazard > 0.0 for p in policies):
        said.append(
            "Redefaults of a loan are sued in three parts by time, each at its average time and claim; "
            "willingness is not remembered after a plan."
        )
    if len(table.collateral):
        said.append(
            "Auction proceeds are worked out at some forty dates and joined by straight lines; the item's own drift "
            "stands still during an auction, which slow courts lengthen by their average; what is left of a claim is told in tenths."
        )
        said.append(
            "Items of one loan are independent, and one that is still unsold at the end is worth what it would be "
            "without regard to the bids that failed."
        )
    if any(
        p.enforcement is not None and (p.enforcement.assets or p.enforcement.garnish)
        for p in policies
    ):
        said.append(
            "Payments in enforcement come off a claim in tenths, in the order of their mean times; guarantors, other "
            "assets and revival come before an auction with the probability that they are sooner."
        )
    if any(a.contract for p in policies for a in p.collection.agencies):
        said.append(
            "Contracts on the totals of placements are NOT settled: their fees and bonuses are missing here."
        )
    if any(p.sale is not None and p.sale.wait_for is not None for p in policies):
        said.append(
            "A sale that waits for a factor is made in its expected month, in an average world."
        )
    if any(p.sale is not None and p.sale.buyer_return is not None for p in policies):
        said.append(
            "A buyer who pays what is left is paid this method's own remaining cash, and not a pilot run's."
        )
    if any(p.restructuring is not None and p.restructuring.npv_test is not None for p in policies):
        said.append("The test of a plan's value uses this method's own value without the plan.")
    if market.courts is not None:
        said.append("The courts' queue counts all planned filings, as the simulation does.")
    return tuple(said)
