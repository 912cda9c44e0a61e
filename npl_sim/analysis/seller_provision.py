"""Stage 3 provision of a seller, with macroeconomic scenarios simulated on the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from npl_sim.accounting.stage_three import ExpectedCash, StageThree, stage_three
from npl_sim.analysis.sensitivity import resized
from npl_sim.engine.simulate import simulate
from npl_sim.stats.discount import present_value
from npl_sim.valuation.later_sale import BidderCosts, bid_values
from npl_sim.valuation.seller import SellerCase
from npl_sim.valuation.selling_terms import MacroScenario

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

AS_IT_STANDS = MacroScenario(name="as the study stands", weight=1.0)


def seller_provision(
    study: Study, table: LoanTable, flows: Cash, rate: float, costs: BidderCosts
) -> StageThree:
    """Return the stage 3 provision of a package.

    Parameters
    ----------
    study, table, flows
        What was simulated. Scenarios with a stress are simulated again, as many scenarios on the
        same random numbers.
    rate, costs
        Required return and costs of the bidder of the sale scenario.
    """
    terms = study.seller.provision
    case = SellerCase(flows, study.seller, study.pricing)
    expected = []
    for scenario in terms.scenarios or (AS_IT_STANDS,):
        cash = flows
        added = tuple(name for name in scenario.stress if name not in study.stress)
        if added:
            stressed = study.model_copy(update={"stress": (*study.stress, *added)})
            cash = simulate(resized(stressed, flows.scenarios), table)
        expected.append(_expected(study, cash, scenario, rate, costs))
    return stage_three(flows.gbv, expected, terms.sale_probability, case.provisions)


def _expected(
    study: Study, cash: Cash, scenario: MacroScenario, rate: float, costs: BidderCosts
) -> ExpectedCash:
    """Return what the bank expects in one macroeconomic scenario."""
    terms, seller = study.seller.provision, study.seller
    effective = seller.discount_rate if terms.effective_rate is None else terms.effective_rate
    case = SellerCase(cash, seller, study.pricing)
    work_out = present_value(case.before_cost, effective, case.timing)
    sale = (1.0 - seller.sale_cost) * bid_values(case, cash, rate, costs)
    return ExpectedCash(
        scenario.name,
        scenario.weight,
        case.sample,
        case.sample.by_scenario(work_out),
        np.asarray(sale),
    )
