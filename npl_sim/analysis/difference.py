"""Why two runs give different prices: one thing is exchanged after the other, on the same draws.

From the first run to the second, in this order: the tape as of the first valuation date (loans that went, loans
whose data changed, loans that came, the cut-off date), the valuation date with all that time changes in the loans
(ages, clocks, appraisals, interest), the law, the work-out (policies, collateral terms, contracts), the market
(indices, correlations, stresses), the horizon, the pricing (return, servicing, timing), and last the seed
and number of scenarios. Every stop but the last has the seed and scenarios of the first run, so a step's
error is that of a paired difference; the last step is the luck of the draw and its error says so. The steps
sum to the whole difference. Another order would give other steps where two changes act together.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.analysis.tape_changes import tape_changes
from npl_sim.cashflows.protocol import Cash
from npl_sim.engine.simulate import simulate
from npl_sim.stats import risk
from npl_sim.stats.discount import present_value
from npl_sim.tape.ageing import as_of

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Difference", "changed_words", "difference"]

VALUATION = "valuation date"
"""Step in which time passes."""

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (VALUATION, ("valuation_date",)),
    ("law", ("legal",)),
    ("work-out", ("policies", "collateral", "contracts")),
    ("market", ("market", "stress")),
    ("horizon", ("simulation",)),
    ("pricing", ("pricing",)),
)
"""Sections of a study that are exchanged together, in this order, after the tape."""


@dataclass(frozen=True)
class Difference:
    """A change of price taken apart.

    Attributes
    ----------
    steps
        Rows by step: step, change, se, price (after the step), changed (whether the runs differ in it).
        The first row is the first run's price, the last the second's. [package currency]
    words
        Rows by word of the study that differs: key, first, second.
    tape
        What changed on the tape: loans and GBV that went, came, and were changed.
    total, se
        Second price less the first, and its error. [package currency]
    same_worlds
        Whether both runs have the same seed and number of scenarios.
    """

    steps: pd.DataFrame
    words: pd.DataFrame
    tape: pd.DataFrame
    total: float
    se: float
    same_worlds: bool


@dataclass(frozen=True)
class _Stop:
    """One stop between the runs: its price by scenario, and what each loan is worth."""

    values: np.ndarray
    flows: Cash

    def mean(self, confidence: float = 0.95) -> risk.Estimate:
        return self.flows.sample.mean(self.values, confidence)


def _priced(study: Study, table: LoanTable) -> _Stop:
    flows = simulate(study, table)
    values = present_value(flows.net, study.pricing.required_return, study.pricing.cash_timing)
    return _Stop(values, flows)


def _sized(study: Study, scenarios: int, seed: int) -> Study:
    sizes = {"scenarios": scenarios, "seed": seed, "precision": None, "keep": "totals"}
    return study.model_copy(update={"simulation": study.simulation.model_copy(update=sizes)})


def _difference_se(later: _Stop, earlier: _Stop) -> float:
    """Return the error of a step on the same draws."""
    return later.flows.sample.difference(later.values, earlier.flows.sample, earlier.values).se


def difference(
    first: Study,
    first_table: LoanTable,
    second: Study,
    second_table: LoanTable,
    scenarios: tuple[int, int],
    told: Callable[[str], None] = lambda step: None,
) -> Difference:
    """Return what makes the price of a second run differ from that of a first.

    Parameters
    ----------
    first, first_table, second, second_table
        What was priced, each tape as of its own valuation date.
    scenarios
        Scenarios that each run took.
    told
        Told of each step before it is simulated.
    """
    seeds = first.simulation.seed, second.simulation.seed
    now = _sized(first, scenarios[0], seeds[0])
    goal = _sized(second, scenarios[0], seeds[0])
    told("first run")
    begin = stop = _priced(now, first_table)
    start = stop.mean()
    rows: list[dict[str, Any]] = [
        _row("price of the first run", start.value, start.se, start.value, True)
    ]

    # What the files say, at one date: the second tape as of the first valuation date and day of the balances.
    then = as_of(second_table, first.valuation_date, first.tape.cut_off_date)
    tape = tape_changes(first_table, then)
    stops: list[tuple[str, Study | None, LoanTable]] = [
        (name, now, table) for name, table in _tape_stops(first_table, then, tape)
    ]
    stops = stops or [("tape", None, first_table)]
    for name, study, table in [*stops, *_study_stops(now, goal, first_table, second_table, tape)]:
        if study is None:
            rows.append(_row(name, 0.0, 0.0, rows[-1]["price"], False))
            continue
        told(name)
        later = _priced(study, table)
        rows.append(_step(name, stop, later))
        stop = later

    same = scenarios[0] == scenarios[1] and seeds[0] == seeds[1]
    end = stop
    if same:
        rows.append(_row("seed and number of scenarios", 0.0, 0.0, rows[-1]["price"], False))
        se = _difference_se(end, begin)
    else:
        told("seed and number of scenarios")
        end = _priced(_sized(second, scenarios[1], seeds[1]), second_table)
        before, after = stop.mean(), end.mean()
        luck = math.hypot(before.se, after.se)
        rows.append(
            _row(
                "seed and number of scenarios", after.value - before.value, luck, after.value, True
            )
        )
        se = math.hypot(start.se, after.se)
    last = end.mean()
    rows.append(_row("price of the second run", last.value, last.se, last.value, True))
    steps = pd.DataFrame(rows)
    return Difference(
        steps, changed_words(first, second), tape, last.value - start.value, se, same
    )


def _row(step: str, change: float, se: float, price: float, changed: bool) -> dict[str, Any]:
    return {"step": step, "change": change, "se": se, "price": price, "changed": changed}


def _step(name: str, earlier: _Stop, later: _Stop) -> dict[str, Any]:
    before, after = earlier.mean().value, later.mean().value
    return _row(name, after - before, _difference_se(later, earlier), after, True)


def _study_stops(
    now: Study, goal: Study, first_table: LoanTable, second_table: LoanTable, tape: pd.DataFrame
) -> Iterator[tuple[str, Study | None, LoanTable]]:
    """Yield what happens to the study once the loans are exchanged, each time with study and tape after it.

    A step in which the runs do not differ comes without a study.

    Parameters
    ----------
    now, goal
        The first and the second study, of one size and seed.
    first_table, second_table
        The tapes, each as of its own valuation date.
    tape
        What changed on the tape.
    """
    first_date, first_cut_off = now.valuation_date, now.tape.cut_off_date
    table = second_table if len(tape) else first_table
    # Of the tape's words only the cut-off date speaks beside the loans themselves.
    if first_cut_off != goal.tape.cut_off_date:
        now = now.model_copy(update={"tape": goal.tape})
        table = as_of(second_table, first_date, goal.tape.cut_off_date)
        yield "tape: cut-off date", now, table
    horizon = now.simulation.model_copy(update={"horizon_months": goal.simulation.horizon_months})
    goal = goal.model_copy(update={"simulation": horizon})
    for name, sections in STEPS:
        update = {s: getattr(goal, s) for s in sections if getattr(now, s) != getattr(goal, s)}
        if not update:
            yield name, None, table
            continue
        now = now.model_copy(update=update)
        if name == VALUATION:
            table = second_table  # as it is read at its own date
        yield name, now, table


def _tape_stops(
    first: LoanTable, second: LoanTable, tape: pd.DataFrame
) -> Iterator[tuple[str, LoanTable]]:
    """Yield what happens to the loans from one tape to another, each time with the tape after it.

    Each stop is simulated, so that its error is that of a paired difference, and what loans share (the
    package's queue at the courts, fees on totals) moves with those that come and go.
    """
    if not len(tape):
        return
    count = tape["what"].value_counts()
    went, came, changed = (int(count.get(what, 0)) for what in ("went", "came", "changed"))
    ids = [t.loans["loan_id"] for t in (first, second)]
    if went == len(first.loans):
        # Nothing stays: there is no tape between the two.
        yield f"tape: all {went:,} loans went, {came:,} others came", second
        return
    if went:
        yield f"tape: loans that went ({went:,})", _only(first, ids[1])
    if changed:
        yield (
            f"tape: loans whose data changed ({changed:,})",
            _only(second, ids[0]) if came else second,
        )
    if came:
        yield f"tape: loans that came ({came:,})", second


def _only(table: LoanTable, ids: pd.Series) -> LoanTable:
    """Return a tape with some loans and what secures them."""
    frames = {}
    for name in ("loans", "collateral", "guarantors"):
        frame = getattr(table, name)
        frames[name] = frame[frame["loan_id"].isin(ids)].reset_index(drop=True)
    return dataclasses.replace(table, **frames)


def changed_words(first: Study, second: Study) -> pd.DataFrame:
    """Return every word of two studies that differs: key, first, second; the tape's files left out."""
    a, b = (
        dict(_flat(s.model_dump(mode="json", exclude={"name", "description"}), ""))
        for s in (first, second)
    )
    files = {f"tape.{role}" for role in first.tape.files}
    keys = [k for k in dict.fromkeys([*a, *b]) if k not in files and a.get(k) != b.get(k)]
    rows = [(k, a.get(k, "not there"), b.get(k, "not there")) for k in keys]
    # As objects: beside a number of another key, a count would become 64.0.
    return pd.DataFrame(rows, columns=["key", "first", "second"], dtype=object)


def _flat(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Yield leaves by dotted key; entries of a list that all have a name go by it."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _flat(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and value and all(isinstance(i, dict) for i in value):
        names = [str(i.get("name") or i.get("channel") or n) for n, i in enumerate(value)]
        unique = len(set(names)) == len(names)
        for n, item in enumerate(value):
            yield from _flat(item, f"{key}[{names[n] if unique else n}]")
    else:
        yield key, value
