"""Simulate until the price or the bid is known as well as was asked.

1. A trial run of a few scenarios with a seed of its own tells how much of the price's spread is single loans'
   luck, and whose. It is used for nothing else, so that what is chosen by it is independent of the result.
2. From it follows how often to draw which loans in each world (`engine.allocate`): the cheapest way there.
3. Rounds of scenarios follow until the interval is narrow enough, the factors being controls.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from npl_sim.cashflows.on_disk import whole_bytes
from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.cashflows.precision import PrecisionResult
from npl_sim.core.errors import CapacityError
from npl_sim.core.layout import TILE
from npl_sim.core.provenance import key_of
from npl_sim.engine.allocate import SampleSize, allocate, cost_of
from npl_sim.engine.replicates import Repeats, linked
from npl_sim.engine.simulate import Sampling, compile_study, plan
from npl_sim.stats.risk import Estimate
from npl_sim.stats.sample import Sample
from npl_sim.valuation.bid import kept_share, solve_bid, words_of
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.price import draw_values

if TYPE_CHECKING:
    from pathlib import Path

    from npl_sim.core.progress import Progress
    from npl_sim.engine.backends.threads import Backend
    from npl_sim.engine.compile_model import Model
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["estimate", "simulate_to_precision"]

FEWEST = 4 * TILE
"""Scenarios of the first round: fewer do not tell how many are needed."""

TRIAL = TILE
"""Scenarios of the trial run."""

MARGIN = 1.05
"""More scenarios than the last round's error asks for, so that the next round is mostly the last."""

MOST_ROUNDS = 12

GIB = 2.0**30

REST_OF_MEAN, REST_OF_TAIL = 0.003, 0.15
"""Share of the variance that neither controls nor repeated loans take away (docs/precision.md). A wrong one
costs time and nothing else."""


def estimate(flows: PackageCash, study: Study, plain: bool = False) -> Estimate:
    """Return what the precision is of.

    Parameters
    ----------
    flows
        Simulated cash.
    study
        What is assumed.
    plain
        Whether to estimate it from one draw of each world, without controls.
    """
    pricing = study.pricing
    if study.simulation.precision_of == "price":
        values = draw_values(flows, flows.discount_rate, flows.cash_timing)
        if plain:
            return Sample.plain(flows.scenarios).mean(values[:, 0], pricing.confidence)
        return flows.sample.mean(values, pricing.confidence)
    return solve_bid(BuyerCase(flows, study.buyer, pricing, plain))[0]


def _half_width(estimate: Estimate) -> float:
    """Return half of the interval, relative to the estimate; infinite where that is 0."""
    if estimate.value == 0.0:
        return 0.0 if estimate.se == 0.0 else math.inf
    return (estimate.high - estimate.low) / 2.0 / abs(estimate.value)


def simulate_to_precision(
    study: Study,
    table: LoanTable,
    progress: Progress | None = None,
    threads: int | None = None,
    backend: Backend | None = None,
    work: Path | None = None,
) -> PackageCash:
    """Simulate in rounds until the interval is as narrow as the study asks.

    Scenarios are counted up, and the result is that of one run of as many scenarios. A round mostly draws those that
    are new; it draws all of them again where they no longer fit into memory in the detail of the round before
    (`simulation.keep: auto`), and, without a work folder, where contracts ask for totals of placements.
    That the run stops when its own error looks small enough makes the interval cover a little less
    than its confidence; with hundreds of scenarios in the first round it is a few tenths of a per cent
    (tested).

    Parameters
    ----------
    study
        What is assumed; `simulation.precision` must be set.
    table
        The loans.
    progress
        Told of each finished tile of each round.
    threads
        Overrides the study's number of threads.
    backend, work
        As for `engine.simulate.simulate`.

    Raises
    ------
    CapacityError
        If the precision cannot be reached within the study's memory limit; it says how far one gets.
    """
    wanted = study.simulation.precision
    if wanted is None:
        raise ValueError("simulation.precision is not set; expected a share such as 0.001")
    of = study.simulation.precision_of
    model = compile_study(study, table)
    scenarios = _whole_tiles(max(study.simulation.scenarios, FEWEST))
    repeats = _choose(study, table, model, scenarios, threads)
    sampling = Sampling(
        study,
        table,
        threads,
        model=model,
        backend=backend,
        work=work,
        sharpen=True,
        repeats=repeats,
    )
    _check_room(study, table, scenarios, repeats)
    flows = sampling.to(scenarios, progress)
    for _ in range(MOST_ROUNDS):
        best = estimate(flows, study)
        half = _half_width(best)
        if half <= wanted or not math.isfinite(half):
            break
        needed = _whole_tiles(math.ceil(scenarios * (half / wanted) ** 2 * MARGIN))
        try:
            _check_room(study, table, needed, repeats)
            flows = sampling.to(needed, progress)
        except CapacityError as error:
            raise CapacityError(
                f"simulation.precision: {wanted:.3g} of the {of} takes about {needed:,} scenarios; "
                f"{scenarios:,} reached {half:.3g}. {error}"
            ) from None
        scenarios = needed
    else:
        best = estimate(flows, study)
    return dataclasses.replace(flows, reached=_reached(study, flows, repeats, best))


DEEP_TAIL = 0.2
"""Bids at a quantile or shortfall farther out than this are drawn plainly: at 5 % repeated loans cost more than
they bring (measured, docs/precision.md)."""


def _in_deep_tail(study: Study) -> bool:
    """Return whether the precision is of a bid that only the worst or best scenarios decide."""
    buyer = study.buyer
    if study.simulation.precision_of == "price" or buyer.level is None:
        return False
    return buyer.level < DEEP_TAIL or (
        buyer.measure != "shortfall" and buyer.level > 1.0 - DEEP_TAIL
    )


def _choose(
    study: Study, table: LoanTable, model: Model, least: int, threads: int | None
) -> Repeats | None:
    """Return how often to draw each loan, from a trial run with a seed of its own."""
    if model.placements or len(table.loans) == 0 or _in_deep_tail(study):
        # Fees on the totals of placements are not known by draw.
        return None
    sizes = {"seed": study.simulation.seed ^ key_of("trial"), "keep": "totals"}
    trial_study = study.model_copy(
        update={"simulation": study.simulation.model_copy(update=sizes)}
    )
    trial = Sampling(trial_study, table, threads, model=model, sharpen=True).to(TRIAL)
    plain = estimate(trial, study, plain=True)
    half = _half_width(plain)
    if not math.isfinite(half) or half == 0.0:
        half = math.inf if plain.value == 0.0 else 0.0
    single = draw_values(trial, trial.discount_rate, trial.cash_timing)[:, 0]
    wanted = float(study.simulation.precision or 1.0)
    is_mean = study.simulation.precision_of == "price" or study.buyer.measure == "expectation"
    need = SampleSize(
        variance=float(single.var(ddof=1)),
        scenarios=TRIAL * (half / wanted) ** 2 if math.isfinite(half) else 0.0,
        least=least,
        rest=REST_OF_MEAN if is_mean else REST_OF_TAIL,
    )
    sd = trial.loans["pv_sd"].to_numpy()[model.tape_row]
    repeats = allocate(sd, linked(model), need, len(study.market.factor_names), model.horizon)
    if repeats is None:
        return None
    first = _resized(study, least)
    try:
        more = plan(first, table, repeats.most, sharpen=True)
        # What fits into memory is not streamed for the sake of repeated loans.
        fits = more.keep != "streamed" or plan(first, table, sharpen=True).keep == "streamed"
        _check_room(study, table, least, repeats)
    except CapacityError:
        return None
    return repeats if fits else None


def _resized(study: Study, scenarios: int) -> Study:
    simulation = study.simulation.model_copy(update={"scenarios": scenarios})
    return study.model_copy(update={"simulation": simulation})


def _check_room(study: Study, table: LoanTable, scenarios: int, repeats: Repeats | None) -> None:
    """Refuse, before they are simulated, scenarios whose bid could not be found: that takes all their cash at once.

    Raises
    ------
    CapacityError
        If the run exceeds the study's memory limit, or is streamed and its bid does.
    """
    draws = 1 if repeats is None else repeats.most
    size = plan(_resized(study, scenarios), table, draws, sharpen=True)
    limit = study.simulation.memory_limit_gib * GIB
    needed = whole_bytes(scenarios, draws, size.months)
    if study.simulation.precision_of == "bid" and size.keep == "streamed" and needed > limit:
        raise CapacityError(
            f"simulation.precision_of: bid takes the cash of {scenarios:,} scenarios x {draws} draws x {size.months} "
            f"months at once, about {needed / GIB:.2f} GiB; expected at most memory_limit_gib: "
            f"{study.simulation.memory_limit_gib:g}"
        )


def _reached(
    study: Study, flows: PackageCash, repeats: Repeats | None, best: Estimate
) -> PrecisionResult:
    loans, scenarios = len(flows.loans), flows.scenarios
    plain = estimate(flows, study, plain=True)
    once = np.ones(loans, dtype=np.int64)
    world = len(study.market.factor_names), flows.months
    each = cost_of(once, *world)
    work = TRIAL * each + scenarios * (each if repeats is None else cost_of(repeats.draws, *world))
    # The interval of few scenarios is Student's; the plain one would have many.
    deviate = float(special.ndtri(0.5 + best.confidence / 2.0))
    reach = (best.high - best.low) / 2.0
    shown, meaning = best, f"mean present value at {study.pricing.required_return:.2%}"
    if study.simulation.precision_of == "bid":
        shown = best.scaled(kept_share(study.buyer, best.value))
        meaning = words_of(study.buyer, BuyerCase(flows, study.buyer, study.pricing).target)
    plain_scenarios = scenarios * (deviate * plain.se / reach) ** 2 if reach > 0.0 else 1.0
    return PrecisionResult(
        of=study.simulation.precision_of,
        meaning=meaning,
        value=shown.value,
        low=shown.low,
        high=shown.high,
        wanted=float(study.simulation.precision or 0.0),
        half_width=_half_width(best),
        confidence=best.confidence,
        scenarios=scenarios,
        draws=flows.draws,
        repeated_loans=0 if repeats is None else repeats.loans,
        work=work,
        plain_scenarios=plain_scenarios,
        gain=plain_scenarios * each / work,
    )


def _whole_tiles(scenarios: int) -> int:
    return -(-scenarios // TILE) * TILE
