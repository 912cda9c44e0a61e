"""Terms and helpers that test_buyer.py, test_buyer_limits.py share."""

from __future__ import annotations

import numpy as np

from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import lifelike, one_kind

PLAIN = Pricing(required_return=0.1)


FLOWS = lifelike(scenarios=60, months=60)


def case(flows=FLOWS, pricing=PLAIN, **terms):
    return BuyerCase(flows, Buyer(**terms), pricing)


def annuity(cash=100.0, months=24, scenarios=2):
    net = np.zeros((scenarios, months + 1))
    net[:, 1:] = cash
    return one_kind(net, gbv=5000.0)
