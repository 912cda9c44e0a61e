"""Runs to a wanted precision."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from npl_sim.analysis import precision
from npl_sim.analysis.precision import _in_deep_tail, estimate, simulate_to_precision
from npl_sim.core.errors import CapacityError, StudyError
from npl_sim.core.layout import TILE
from npl_sim.engine import allocate
from npl_sim.engine.simulate import Sampling
from npl_sim.reports.formats import money_unit
from npl_sim.reports.price.tables import summary
from npl_sim.reports.price.text import headline
from npl_sim.valuation.bid import buyer_bid
from npl_sim.valuation.negotiation import agreement
from npl_sim.valuation.price import price
from npl_sim.valuation.seller import hold_value
from tests.builders.runs import tiny


def case_of(folder, wanted=0.006, **options):
    simulation = {"scenarios": 64, "precision": wanted, **options.pop("simulation", {})}
    return tiny(folder, simulation=simulation, **options)


@pytest.fixture(scope="module", autouse=True)
def cheap_draws():
    """So few loans are cheaper to draw once; here further draws are taken to cost little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(allocate, "DRAW_COST", 0.0)
        patch.setattr(allocate, "REPEAT_COST", 0.2)
        patch.setattr(allocate, "MOST_DRAWS", 8)
        patch.setattr(precision, "FEWEST", 2 * TILE)
        yield


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return case_of(tmp_path_factory.mktemp("precision"))


@pytest.fixture(scope="module")
def flows(case):
    return case.simulate()


def test_it_is_one_run_of_as_many_scenarios(case, flows):
    """In rounds or at once, on one thread or three: the same bits; and the first draws are a plain
    run."""
    assert flows.scenarios > precision.FEWEST and flows.scenarios % TILE == 0
    assert flows.draws > 1
    plain = Sampling(case.study, case.table).to(flows.scenarios)
    assert np.array_equal(plain.amounts, flows.amounts)
    assert np.array_equal(plain.factor_averages, flows.factor_averages)
    again = simulate_to_precision(case.study, case.table, threads=3)
    assert np.array_equal(again.replicates, flows.replicates)
    assert np.array_equal(again.control_variates, flows.control_variates)
    assert again.precision == flows.precision

    size = case.study.simulation.model_copy(update={"scenarios": flows.scenarios})
    once = simulate_to_precision(case.study.model_copy(update={"simulation": size}), case.table)
    if once.draws == flows.draws:
        # Who knows that more scenarios are run in any case may choose other draws; else nothing
        # differs.
        assert np.array_equal(once.amounts, flows.amounts)


def test_it_reaches_what_was_requested(case, flows):
    obtained = flows.precision
    best, plain = estimate(flows, case.study), estimate(flows, case.study, plain=True)
    assert obtained.is_met and obtained.half_width <= 0.006 == obtained.wanted
    assert obtained.half_width == pytest.approx((best.high - best.low) / 2 / best.value)
    assert obtained.scenarios == flows.scenarios and obtained.draws == flows.draws
    # n plain scenarios have an interval of 1.96 sd / sqrt(n).
    pv = price(flows, case.study.pricing).pv[:, 0]
    needed = (1.959964 * pv.std(ddof=1) / (best.high - best.low) * 2) ** 2
    assert obtained.plain_scenarios == pytest.approx(needed, rel=1e-6)
    assert plain.value == pytest.approx(pv.mean())
    # Three factors over 30 months, 12 loans.
    each = allocate.WORLD_COST * 3 * 30 + 12
    assert obtained.gain == pytest.approx(needed * each / obtained.work)
    assert obtained.work > (TILE + flows.scenarios) * each

    result = price(flows, case.study.pricing, "CNY")
    assert result.mean == best
    text = "\n".join(headline(result, money_unit(result.mean.value, "CNY")))
    assert (
        f"{obtained.scenarios:,} scenarios, {obtained.replicated_loans} loans drawn up to" in text
    )
    assert "asked 0.6%" in text and "NOT REACHED" not in text
    assert f"{obtained.plain_scenarios:,.0f} scenarios, " in text
    messages = summary(result)["precision"]
    assert messages["half_width"] == obtained.half_width and messages["of"] == "price"
    for gain, options in ((7.04, "7.0 times the work"), (0.9, "less work")):
        other = dataclasses.replace(obtained, gain=gain)
        shown = dataclasses.replace(result, flows=dataclasses.replace(flows, precision=other))
        assert any(
            options in line for line in headline(shown, money_unit(result.mean.value, "CNY"))
        )
    missed = dataclasses.replace(
        result,
        flows=flows.with_precision(dataclasses.replace(obtained, wanted=1e-9)),
    )
    assert "NOT REACHED" in "\n".join(headline(missed, money_unit(result.mean.value, "CNY")))


def test_without_a_precision_nothing_is_reported_or_changed(case):
    plain = Sampling(case.study, case.table).to(300)
    result = price(plain, case.study.pricing)
    assert plain.precision is None and plain.draws == 1 and not plain.replicates.size
    assert "precision" not in summary(result)
    assert result.quantiles[0.05] == plain.sample.quantile(result.pv, 0.05)


@pytest.mark.parametrize(
    "buyer",
    [
        {},
        {"measure": "probability", "level": 0.6},
        {"measure": "quantile", "level": 0.3},
        {"measure": "shortfall", "level": 0.3},
        {"debt": {"loan_to_price": 0.4, "rate": 0.08}, "tax": {"rate": 0.25}},
    ],
    ids=lambda b: b.get("measure", "debt" if b else "expectation"),
)
def test_of_the_bid(tmp_path, buyer):
    buyer = {"target_irr": 0.15, "information_discount": 0.02, **buyer}
    case = case_of(tmp_path, 0.02, simulation={"precision_of": "bid"}, buyer=buyer)
    flows = case.simulate()
    bid = buyer_bid(flows, case.study.buyer, case.study.pricing)
    assert flows.precision.of == "bid" and flows.precision.is_met
    assert (bid.price.high - bid.price.low) / 2 / bid.price.value == pytest.approx(
        flows.precision.half_width
    )
    assert flows.precision.value == pytest.approx(bid.price.value)
    assert bid.measure == flows.precision.meaning
    # What the sharpened run bids is what a plain run bids, within 4.5 of its errors (odds 1e-5).
    other = Sampling(case.study, case.table).to(4000)
    plain = buyer_bid(
        dataclasses.replace(other, factor_averages=np.empty((0, 0))),
        case.study.buyer,
        case.study.pricing,
    )
    assert abs(plain.price.value - bid.price.value) < 4.5 * (plain.price.se + bid.price.se)


def test_a_certain_world_stops_at_once(tmp_path):
    from tests.builders.studies import loan, study

    case = study(
        tmp_path,
        [loan()],
        {"residual_share": 0.5},
        simulation={"scenarios": 2, "horizon_months": 12, "precision": 1e-6},
        pricing={"required_return": 0.1},
    )
    flows = case.simulate()
    assert flows.precision.half_width == 0.0 and flows.scenarios == precision.FEWEST
    nothing = study(
        tmp_path / "nothing",
        [loan()],
        {},
        simulation={"scenarios": 2, "horizon_months": 12, "precision": 1e-3},
    ).simulate()
    assert nothing.precision.is_met and nothing.precision.value == 0.0


def test_a_precision_beyond_the_memory_reports_how_far_one_gets(tmp_path):
    case = case_of(tmp_path, 1e-6, simulation={"memory_limit_gib": 0.5})
    with pytest.raises(CapacityError) as error:
        case.simulate()
    text = str(error.value)
    assert "simulation.precision: 1e-06 of the price takes about" in text
    assert "scenarios; 128 reached 0.0" in text and "memory_limit_gib: 0.5" in text


def test_settings_are_checked(tmp_path):
    with pytest.raises(StudyError, match="precision_of"):
        case_of(tmp_path, simulation={"precision_of": "loan"})
    with pytest.raises(StudyError, match="precision"):
        case_of(tmp_path, 0.0)
    with pytest.raises(ValueError, match="not set"):
        simulate_to_precision(tiny(tmp_path).study, None)


@pytest.mark.parametrize(
    ("buyer", "plainly"),
    [
        ({"measure": "quantile", "level": 0.05}, True),
        ({"measure": "probability", "level": 0.95}, True),
        ({"measure": "shortfall", "level": 0.05}, True),
        ({"measure": "quantile", "level": 0.5}, False),
        ({}, False),
    ],
)
def test_bids_of_the_deep_tail_are_drawn_plainly(tmp_path, buyer, plainly):
    """Repeated loans were measured to lose time there; only their scenarios decide."""
    case = case_of(tmp_path, 0.9, simulation={"precision_of": "bid"}, buyer=buyer)
    assert _in_deep_tail(case.study) == plainly
    if plainly:
        assert case.simulate().draws == 1


@pytest.mark.parametrize(
    "buyer",
    [
        {},
        {"tax": {"rate": 0.25}},
        {"measure": "probability", "level": 0.6, "information_discount": 0.02},
    ],
)
def test_the_two_sides_are_reported_from_the_same_bid(tmp_path, buyer):
    """Bid, bridge and zone of agreement are one estimate, however often the loans were drawn in
    each scenario."""
    case = tiny(
        tmp_path,
        buyer={"target_irr": 0.15, **buyer},
        simulation={"precision": 0.01, "precision_of": "bid"},
    )
    flows, terms = case.price().flows, (case.study.seller, case.study.buyer, case.study.pricing)
    assert flows.draws > 1
    bid, keep = buyer_bid(flows, *terms[1:]), hold_value(flows, terms[0], terms[2])
    found = agreement(flows, *terms)
    assert found.bid == bid.price and found.reservation == keep.reservation
    assert found.price_steps["value"].iloc[0] == pytest.approx(keep.reservation.value, rel=1e-12)
    assert found.price_steps["value"].iloc[-1] == pytest.approx(bid.price.value, rel=1e-12)
    assert found.zone.value == pytest.approx(bid.price.value - keep.reservation.value, rel=1e-12)
    # The seller's estimate is sharpened by the same draws: its error is below that of one draw of
    # each scenario.
    single = flows.sample.error_of_mean(keep.prices[:, 0])
    assert keep.reservation.se < single


def test_the_draws_do_not_depend_on_cores(tmp_path, monkeypatch):
    """Whether repeated loans fit into memory is asked of the study, not of the machine."""
    from npl_sim.engine import resource_estimate as engine_plan
    from npl_sim.engine.compile_model import compile_model
    from npl_sim.engine.run_estimate import estimate_resources

    case = case_of(tmp_path, simulation={"threads": 0, "detail": "auto"})
    model, scenarios = compile_model(case.study, case.table), precision.FEWEST
    free = precision._choose(case.study, case.table, model, scenarios, 1)
    sizes = {"scenarios": scenarios, "detail": "totals"}
    first = case.study.model_copy(
        update={"simulation": case.study.simulation.model_copy(update=sizes)}
    )
    peaks = []
    for cores in (1, 4):
        monkeypatch.setattr(engine_plan.os, "cpu_count", lambda cores=cores: cores)
        size = estimate_resources(first, case.table, free.most, True)
        peaks.append(size.peak_bytes / 2**30)
    limits, found = np.linspace(0.99 * peaks[0], 1.01 * peaks[1], 12), []
    for cores in (1, 4, 64):
        monkeypatch.setattr(engine_plan.os, "cpu_count", lambda cores=cores: cores)
        found.append([])
        for limit in limits:
            simulation = case.study.simulation.model_copy(
                update={"memory_limit_gib": float(limit)}
            )
            study = case.study.model_copy(update={"simulation": simulation})
            try:
                replicates = precision._choose(study, case.table, model, scenarios, 1)
            except CapacityError:
                found[-1].append("refused")
            else:
                found[-1].append(None if replicates is None else replicates.most)
    assert found[0] == found[1] == found[2]
    assert free.most in found[0] and {None, "refused"} & set(found[0])
