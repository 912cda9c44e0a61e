"""Attribution of the difference between the prices of two runs to inputs, on common draws.

Inputs of the first run are replaced by those of the second in this order:

1. tape at the first valuation date: loans removed, changed, added, and the cut-off date
2. valuation date, with ages, clocks, appraisals and interest of the loans
3. law
4. work-out: policies, collateral terms, contracts
5. market: indices, correlations, stresses
6. horizon
7. pricing: return, servicing, timing
8. seed and number of scenarios

All steps but the last use the seed and scenarios of the first run. So the error of a step is that
of a paired difference, and that of the last step is the sampling error of both runs. The steps sum
to the whole difference. Another order gives other steps where inputs interact.
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


VALUATION = "valuation date"
"""Step from the first valuation date to the second."""

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (VALUATION, ("valuation_date",)),
    ("law", ("legal",)),
    ("work-out", ("policies", "collateral", "contracts", "overrides")),
    ("estimates", ("experts", "manual_cash")),
    ("market", ("market", "stress")),
    ("horizon", ("simulation",)),
    ("pricing", ("pricing",)),
)
"""Sections of a study that are replaced together, in this order, after the tape."""


@dataclass(frozen=True)
class Difference:
    """Difference between two prices by step."""

    steps: pd.DataFrame
    """Rows by step: step, change, se, price (after the step), changed (whether the runs differ in
    it). The first row has the price of the first run, the last that of the second. [package
    currency]"""
    settings: pd.DataFrame
    """Rows by setting of the study that differs: key, first, second."""
    tape: pd.DataFrame
    """Loans of the tape that were removed, added or changed (see `tape_changes`)."""
    total: float
    se: float
    """Second price less the first, and its error. [package currency]"""
    same_scenarios: bool
    """Whether both runs have the same seed and number of scenarios."""


@dataclass(frozen=True)
class _Stop:
    """A study between the two runs: its price by scenario, and its cash."""

    values: np.ndarray
    flows: Cash

    def mean(self, confidence: float = 0.95) -> risk.Estimate:
        return self.flows.sample.mean(self.values, confidence)


def _priced(study: Study, table: LoanTable) -> _Stop:
    flows = simulate(study, table)
    values = present_value(flows.net, study.pricing.required_return, study.pricing.cash_timing)
    return _Stop(values, flows)


def _sized(study: Study, scenarios: int, seed: int) -> Study:
    sizes = {"scenarios": scenarios, "seed": seed, "precision": None, "detail": "totals"}
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
    report: Callable[[str], None] = lambda step: None,
) -> Difference:
    """Return the difference between the prices of two runs by step.

    Parameters
    ----------
    first, first_table, second, second_table
        What was priced, each tape as of its own valuation date.
    scenarios
        Scenarios that each run took.
    report
        Called with the name of each step before it is simulated.
    """
    seeds = first.simulation.seed, second.simulation.seed
    now = _sized(first, scenarios[0], seeds[0])
    goal = _sized(second, scenarios[0], seeds[0])
    report("first run")
    begin = stop = _priced(now, first_table)
    start = stop.mean()
    rows = [_row("price of the first run", start.value, start.se, start.value, True)]

    # Both files at one date: the second tape at the first valuation date and cut-off date.
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
        report(name)
        later = _priced(study, table)
        rows.append(_step(name, stop, later))
        stop = later

    same = scenarios[0] == scenarios[1] and seeds[0] == seeds[1]
    end = stop
    if same:
        rows.append(_row("seed and number of scenarios", 0.0, 0.0, rows[-1]["price"], False))
        se = _difference_se(end, begin)
    else:
        report("seed and number of scenarios")
        end = _priced(_sized(second, scenarios[1], seeds[1]), second_table)
        before, after = stop.mean(), end.mean()
        error = math.hypot(before.se, after.se)
        rows.append(
            _row(
                "seed and number of scenarios",
                after.value - before.value,
                error,
                after.value,
                True,
            )
        )
        se = math.hypot(start.se, after.se)
    last = end.mean()
    rows.append(_row("price of the second run", last.value, last.se, last.value, True))
    steps = pd.DataFrame(rows)
    return Difference(
        steps, changed_settings(first, second), tape, last.value - start.value, se, same
    )


def _row(step: str, change: float, se: float, price: float, changed: bool) -> dict[str, Any]:
    return {"step": step, "change": change, "se": se, "price": price, "changed": changed}


def _step(name: str, earlier: _Stop, later: _Stop) -> dict[str, Any]:
    before, after = earlier.mean().value, later.mean().value
    return _row(name, after - before, _difference_se(later, earlier), after, True)


def _study_stops(
    now: Study, goal: Study, first_table: LoanTable, second_table: LoanTable, tape: pd.DataFrame
) -> Iterator[tuple[str, Study | None, LoanTable]]:
    """Yield each step after the loans are replaced, with the study and tape after it.

    A step in which the runs do not differ has no study.

    Parameters
    ----------
    now, goal
        The first and the second study, of one size and seed.
    first_table, second_table
        The tapes, each as of its own valuation date.
    tape
        Changes of the tape.
    """
    first_date, first_cut_off = now.valuation_date, now.tape.cut_off_date
    table = second_table if len(tape) else first_table
    # Of the tape section only the cut-off date matters beside the loans themselves.
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
    """Yield each step from one tape to another, with the tape after it.

    Each step is simulated, so that its error is that of a paired difference. Effects that loans
    share (queue at the courts, fees on totals) are part of the step.
    """
    if not len(tape):
        return
    count = tape["what"].value_counts()
    went, came, changed = (int(count.get(what, 0)) for what in ("went", "came", "changed"))
    ids = [t.loans["loan_id"] for t in (first, second)]
    if went == len(first.loans):
        # No loan is on both tapes: there is no tape between the two.
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
    """Return a tape with some loans, their collateral and their guarantors."""
    frames = {}
    for name in ("loans", "collateral", "guarantors"):
        frame = getattr(table, name)
        frames[name] = frame[frame["loan_id"].isin(ids)].reset_index(drop=True)
    return dataclasses.replace(table, **frames)


def changed_settings(first: Study, second: Study) -> pd.DataFrame:
    """Return the settings in which two studies differ: key, first, second; without tape files."""
    a, b = (
        dict(_flat(s.model_dump(mode="json", exclude={"name", "description"}), ""))
        for s in (first, second)
    )
    files = {f"tape.{role}" for role in first.tape.files}
    keys = [k for k in dict.fromkeys([*a, *b]) if k not in files and a.get(k) != b.get(k)]
    rows = [(k, a.get(k, "not there"), b.get(k, "not there")) for k in keys]
    # As objects: in a column of floats a count would become 64.0.
    return pd.DataFrame(rows, columns=["key", "first", "second"], dtype=object)


def _flat(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Yield leaves by dotted key; list entries are keyed by name where all have one."""
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
