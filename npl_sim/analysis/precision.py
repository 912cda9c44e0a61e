"""Simulation to a required precision of the price or the bid.

1. A trial run of a few scenarios with its own seed estimates the idiosyncratic variance by loan.
   It is used for nothing else, so the choices from it are independent of the result.
2. The trial gives the number of draws of each loan in each scenario (`engine.allocate`) at least
   cost.
3. Rounds of scenarios follow until the interval is narrow enough. Factors are control variates.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from npl_sim.cashflows.on_disk import whole_bytes
from npl_sim.cashflows.precision import PrecisionResult
from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import CapacityError
from npl_sim.core.layout import TILE
from npl_sim.core.provenance import key_of
from npl_sim.engine.allocate import SampleSize, allocate, cost_of
from npl_sim.engine.replicates import Replicates, VarianceReduction, linked
from npl_sim.engine.run_estimate import estimate_resources
from npl_sim.engine.simulate import Sampling, compile_study
from npl_sim.stats.risk import Estimate
from npl_sim.stats.sample import Sample
from npl_sim.valuation.bid import kept_share, solve_bid, target_text
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.scenario_sums import draw_values

if TYPE_CHECKING:
    from pathlib import Path

    from npl_sim.core.progress import Progress
    from npl_sim.engine.backends.threads import Backend
    from npl_sim.engine.compile_model import Model
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


FEWEST = 4 * TILE
"""Scenarios of the first round; fewer do not show how many are needed."""

TRIAL = TILE
"""Scenarios of the trial run."""

MARGIN = 1.05
"""Factor on the scenarios that the error requires, so that the next round is mostly the last."""

MOST_ROUNDS = 12

GIB = 2.0**30

REST_OF_MEAN, REST_OF_TAIL = 0.003, 0.15
"""Share of the variance that controls and replicated loans do not remove (docs/precision.md).

A wrong share costs time, not accuracy."""


def estimate(flows: Cash, study: Study, plain: bool = False) -> Estimate:
    """Return the estimate whose precision is required: the price or the bid.

    Parameters
    ----------
    flows
        Simulated cash.
    study
        The study.
    plain
        Whether to use one draw of each scenario, without control variates.
    """
    pricing = study.pricing
    if study.simulation.precision_of == "price":
        values = draw_values(flows, flows.discount_rate, flows.cash_timing)
        if plain:
            return Sample.plain(flows.scenarios).mean(values[:, 0], pricing.confidence)
        return flows.sample.mean(values, pricing.confidence)
    return solve_bid(BuyerCase(flows, study.buyer, pricing, plain))[0]


def _half_width(estimate: Estimate) -> float:
    """Return half of the interval, relative to the estimate; infinite for an estimate of 0."""
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
) -> Cash:
    """Simulate in rounds until the interval is as narrow as the study requires.

    The result is that of one run of as many scenarios. A round mostly draws new scenarios. It
    draws all again where they do not fit into memory in the detail of the last round
    (`simulation.detail: auto`). It does so, too, where contracts need totals of placements and
    there is no work folder.

    The stopping rule uses the error of the run itself, so the interval covers slightly less than
    its confidence. With hundreds of scenarios in the first round the loss is a few tenths of a
    per cent (tested).

    Parameters
    ----------
    study
        The study; `simulation.precision` must be set.
    table
        Its loans.
    progress
        Updated with each finished tile of each round.
    threads
        Overrides the study's number of threads.
    backend, work
        As for `engine.simulate.simulate`.

    Raises
    ------
    CapacityError
        If the precision needs more than the memory limit; the message has the precision reached.
    """
    wanted = study.simulation.precision
    if wanted is None:
        raise ValueError("simulation.precision is not set; expected a share such as 0.001")
    of = study.simulation.precision_of
    model = compile_study(study, table)
    scenarios = _whole_tiles(max(study.simulation.scenarios, FEWEST))
    replicates = _choose(study, table, model, scenarios, threads)
    sampling = Sampling(
        study,
        table,
        threads,
        model=model,
        backend=backend,
        work=work,
        variance_reduction=VarianceReduction(replicates),
    )
    _check_memory(study, table, scenarios, replicates)
    flows = sampling.to(scenarios, progress)
    for _ in range(MOST_ROUNDS):
        best = estimate(flows, study)
        half = _half_width(best)
        if half <= wanted or not math.isfinite(half):
            break
        needed = _whole_tiles(math.ceil(scenarios * (half / wanted) ** 2 * MARGIN))
        try:
            _check_memory(study, table, needed, replicates)
            flows = sampling.to(needed, progress)
        except CapacityError as error:
            raise CapacityError(
                f"simulation.precision: {wanted:.3g} of the {of} takes about {needed:,} "
                f"scenarios; {scenarios:,} reached {half:.3g}. {error}"
            ) from None
        scenarios = needed
    else:
        best = estimate(flows, study)
    return flows.with_precision(_precision_result(study, flows, replicates, best))


DEEP_TAIL = 0.2
"""Level beyond which a bid at a quantile or shortfall uses no replicates.

At 5 % replicated loans cost more than they bring (measured, docs/precision.md)."""


def _in_deep_tail(study: Study) -> bool:
    """Return whether only the worst or best scenarios decide the bid."""
    buyer = study.buyer
    if study.simulation.precision_of == "price" or buyer.level is None:
        return False
    return buyer.level < DEEP_TAIL or (
        buyer.measure != "shortfall" and buyer.level > 1.0 - DEEP_TAIL
    )


def _choose(
    study: Study, table: LoanTable, model: Model, least: int, threads: int | None
) -> Replicates | None:
    """Return the draws of each loan, from a trial run with its own seed."""
    if model.placements or len(table.loans) == 0 or _in_deep_tail(study):
        # Fees on totals of placements are not known by draw.
        return None
    sizes = {"seed": study.simulation.seed ^ key_of("trial"), "detail": "totals"}
    trial_study = study.model_copy(
        update={"simulation": study.simulation.model_copy(update=sizes)}
    )
    reduction = VarianceReduction()
    trial = Sampling(trial_study, table, threads, model=model, variance_reduction=reduction).to(
        TRIAL
    )
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
    replicates = allocate(sd, linked(model), need, len(study.market.factor_names), model.horizon)
    if replicates is None:
        return None
    first = _resized(study, least)
    try:
        more = estimate_resources(first, table, replicates.most, True)
        # A run that fits into memory is not streamed for replicated loans.
        fits = (
            more.detail != "streamed"
            or estimate_resources(first, table, 1, True).detail == "streamed"
        )
        _check_memory(study, table, least, replicates)
    except CapacityError:
        return None
    return replicates if fits else None


def _resized(study: Study, scenarios: int) -> Study:
    simulation = study.simulation.model_copy(update={"scenarios": scenarios})
    return study.model_copy(update={"simulation": simulation})


def _check_memory(
    study: Study, table: LoanTable, scenarios: int, replicates: Replicates | None
) -> None:
    """Raise before a simulation whose bid does not fit into memory: it needs all cash at once.

    Raises
    ------
    CapacityError
        If the run exceeds the study's memory limit, or is streamed and its bid does.
    """
    draws = 1 if replicates is None else replicates.most
    size = estimate_resources(_resized(study, scenarios), table, draws, True)
    limit = study.simulation.memory_limit_gib * GIB
    needed = whole_bytes(scenarios, draws, size.months)
    if study.simulation.precision_of == "bid" and size.detail == "streamed" and needed > limit:
        raise CapacityError(
            f"simulation.precision_of: bid takes the cash of {scenarios:,} scenarios x {draws} "
            f"draws x {size.months} months at once, about {needed / GIB:.2f} GiB; expected at "
            f"most memory_limit_gib: {study.simulation.memory_limit_gib:g}"
        )


def _precision_result(
    study: Study, flows: Cash, replicates: Replicates | None, best: Estimate
) -> PrecisionResult:
    loans, scenarios = len(flows.loans), flows.scenarios
    plain = estimate(flows, study, plain=True)
    once = np.ones(loans, dtype=np.int64)
    size = len(study.market.factor_names), flows.months
    each = cost_of(once, *size)
    work = TRIAL * each + scenarios * (
        each if replicates is None else cost_of(replicates.draws, *size)
    )
    # The interval of few scenarios is Student's; plain sampling would have many.
    deviate = float(special.ndtri(0.5 + best.confidence / 2.0))
    reach = (best.high - best.low) / 2.0
    shown, meaning = best, f"mean present value at {study.pricing.required_return:.2%}"
    if study.simulation.precision_of == "bid":
        shown = best.scaled(kept_share(study.buyer, best.value))
        meaning = target_text(study.buyer, BuyerCase(flows, study.buyer, study.pricing).target)
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
        replicated_loans=0 if replicates is None else replicates.loans,
        work=work,
        plain_scenarios=plain_scenarios,
        gain=plain_scenarios * each / work,
    )


def _whole_tiles(scenarios: int) -> int:
    return -(-scenarios // TILE) * TILE
