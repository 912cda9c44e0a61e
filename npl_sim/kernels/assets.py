"""Other assets of a debtor: freezing, dissipation, rank. docs/model.md section 4.6."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of
from npl_sim.kernels.block_draws import draw_block, quantile_block
from npl_sim.kernels.codes import ASSET_STREAM, PRESERVATION_STREAM
from npl_sim.kernels.lanes import select
from npl_sim.kernels.schedule import ASSET, clear

PRESENT, FIND, COVERAGE, SEARCH = range(4)
FOUND, RENEWAL, RIVAL = range(4, 7)
"""Rows of draws; those of preservation are in the order of the entries that have the asset."""
COVERED, MONTHS = range(8, 10)
"""Rows of the share of the claim that the asset covers, and of the search [months]."""
TO_COVER, TO_SEARCH = range(10, 12)
"""Rows of draws in the order of the entries that have the asset."""


@compiled
def either(chance, debtors):
    """Return the probability that at least one of the joint debtors is affected."""
    return chance if debtors <= 1 else 1.0 - (1.0 - chance) ** debtors


@compiled
def freeze_terms(asset, renewal):
    """Return the number of terms of a freeze, the renewed ones included."""
    chance = asset["renewal"]
    if chance >= 1.0:
        return math.inf
    return 1.0 + math.floor(math.log(renewal) / math.log(chance)) if chance > 0.0 else 1.0


@compiled
def value_of_asset(block, asset, preserves, i, j):
    """Return the value of an asset class to the creditor at seizure, or 0 if nothing is found.

    Parameters
    ----------
    block
        Context of the loan.
    asset
        Record of ASSET.
    preserves
        Whether freezes can find the asset, or rivals outrank the creditor.
    i, j
        Entry of the lane among those in enforcement, and among those that have the asset.
    """
    lanes, w, s = block.lanes, block.lanes["w"], block.lanes["at"][i]
    t, frozen_at = lanes["time"][s], lanes["preserved_at"][s]
    frozen = False
    secured = exposed = t
    if preserves and frozen_at >= 0.0 and w[FOUND, j] < asset["find_preserved"]:
        frozen = True
        since = min(t, frozen_at)
        until = since + asset["freeze_months"] * freeze_terms(asset, w[RENEWAL, j])
        exposed = since
        if until >= t:
            secured = since
        else:
            # A freeze that has expired has lost its rank.
            exposed += t - until
    if not frozen and w[FIND, i] >= asset["find"]:
        return 0.0
    value = w[COVERED, j] * lanes["base"][i]
    if asset["dissipation"] > 0.0:
        value *= math.exp(-asset["dissipation"] * exposed)
    if asset["rivals"] > 0.0 and -math.log(w[RIVAL, j]) < asset["rivals"] * secured:
        value *= asset["rank_share"]
    return value


@compiled
def schedule_assets(block, count, row):
    """Schedule the cash of other assets, class by class, in the rows of events from `row` on.

    The record counts where any asset was found.
    """
    loan, lanes, package = block.loan, block.lanes, block.package
    w, number, begin = lanes["w"], lanes["number"], block.terms["asset_begin"]
    for i in range(count):
        lanes["found"][i] = 0
    for k in range(block.terms["asset_end"] - begin):
        asset, event = package.assets[begin + k], block.events[row + k]
        draw_block(block.replicate, lanes, number, count, loan["key"], ASSET_STREAM, k, PRESENT)
        chosen = select(lanes, count, PRESENT, either(asset["present"], loan["debtors"]))
        some, some_number = lanes["some"], lanes["some_number"]
        preserves = asset["find_preserved"] > 0.0 or asset["rivals"] > 0.0
        if preserves:
            draw_block(
                block.replicate,
                lanes,
                some_number,
                chosen,
                loan["key"],
                PRESERVATION_STREAM,
                k,
                FOUND,
            )
        for j in range(chosen):
            w[TO_COVER, j] = w[COVERAGE, some[j]]
            w[TO_SEARCH, j] = w[SEARCH, some[j]]
        quantile_block(lanes, chosen, package.quantiles, asset["coverage"], TO_COVER, COVERED)
        quantile_block(lanes, chosen, package.quantiles, asset["search"], TO_SEARCH, MONTHS)

        clear(event, count)
        for j in range(chosen):
            i = some[j]
            value = value_of_asset(block, asset, preserves, i, j)
            if value > 0.0:
                lanes["found"][i] = 1
                s = lanes["at"][i]
                at = lanes["time"][s] + w[MONTHS, j] * lanes["slowness"][i]
                if month_of(at) <= lanes["end"][s]:
                    event["what"][i], event["at"][i], event["amount"][i] = ASSET, at, value
