"""Terms and helpers that test_sizing.py, test_size_rules.py, test_structure_errors.py share."""

from __future__ import annotations

import numpy as np

from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.sizing.sizing import find_sizes, sizing_at, structure_of
from npl_sim.securitization.sizing.trials import Trials
from tests.builders.deals import annual, deal


def size_tranches(deal, flows):
    """Size the tranches that a deal's structure names."""
    trials = Trials.of(deal, structure_of(deal), flows, None, 0.95)
    return sizing_at(trials, *find_sizes(trials))


def structured(*limits, flows=None, changes=None, **more):
    structure = {"size": [{"tranche": "senior", "limits": list(limits)}], **more}
    return size_tranches(
        deal(**{**(changes or {}), "structure": structure}), flows or annual(60, 40, 50)
    )


def owed_at_the_end(run, name, coupon):
    """Return the mean of what is owed after three years, discounted at the coupon: with
    compounding, the expected loss."""
    t = run.tranches[name]
    return (t.balance[:, -1] + t.unpaid[:, -1]).mean() / t.original / (1 + coupon) ** 3


def scenarios(count=800, seed=4):
    rng = np.random.default_rng(seed)
    x = (
        np.array([60.0, 40.0, 50.0])
        * rng.lognormal(-0.02, 0.2, (count, 1))
        * rng.lognormal(-0.005, 0.1, (count, 3))
    )
    return DatedFlows(annual(1, 1, 1).dates, x, np.zeros_like(x))
