"""Alternative readings of a tape: effect of each on the value, under common random numbers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.contacts import contact_readings
from npl_sim.core.errors import TapeError
from npl_sim.core.language import gettext as _
from npl_sim.engine.simulate import simulate
from npl_sim.tables.findings import Finding, Severity
from npl_sim.tape.other_reading import OtherReading
from npl_sim.valuation.paired_difference import mean_value, shared_values

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


MOST_SHARE = 0.05
"""Share of the value from which an unconfirmed other reading stops the run."""

MOST_SCENARIOS = 200
LEAST_SCENARIOS = 16
LOAN_PATHS = 2_000_000
"""Most loan paths for one reading."""

_SMALL = 0.01
"""Share of GBV in place of a smaller or negative value."""


@dataclass(frozen=True)
class PricedReading:
    """Another reading of a tape with its effect on the value of the package."""

    reading: OtherReading
    """The reading."""
    effect: float
    """Change of the mean present value, paired. [package currency]"""
    se: float
    """Its standard error; NaN where it is taken from means of loans. [package currency]"""
    value: float
    """Mean present value as the tape was read. [package currency]"""
    by_loan: pd.Series
    """Change of the mean present value by loan id. [package currency]"""
    share: float
    """Effect as a share of the value, or of a hundredth of GBV if that is more. [share]"""

    @property
    def stops(self) -> bool:
        """Whether a run stops until the reading is confirmed."""
        return self.reading.stops and abs(self.share) > MOST_SHARE


def priced_readings(
    study: Study, table: LoanTable, readings: Iterable[OtherReading]
) -> Iterator[PricedReading]:
    """Yield each other reading of a tape with its effect, under common random numbers.

    Parameters
    ----------
    study
        The study; at most `MOST_SCENARIOS` of its scenarios are taken.
    table
        Its tape, as it was read.
    readings
        Other readings of that tape.
    """
    small = sized(study, len(table.loans))
    base = simulate(small, table)
    own, values, value = _by_loan(base), shared_values(base), mean_value(base)
    scale = max(abs(value), _SMALL * float(table.loans["gbv"].sum()))
    for reading in readings:
        effect, se = 0.0, 0.0
        changes = pd.Series(0.0, index=own.index)
        if reading.loans or reading.collateral or reading.guarantors:
            other = simulate(small, _other(table, reading))
            effect = mean_value(other) - value
            se = other.sample.difference(shared_values(other), base.sample, values).se
            changes = _by_loan(other).reindex(own.index) - own
        if reading.lost is not None:
            lost = own.reindex(table.loans["loan_id"])[reading.lost].clip(lower=0.0)
            effect -= float(lost.to_numpy(dtype=np.float64).sum())
            se = math.nan
            changes = changes.sub(lost, fill_value=0.0)
        yield PricedReading(reading, effect, se, value, changes, effect / scale)


def _by_loan(flows: Cash) -> pd.Series:
    return flows.loans.set_index("loan_id")["pv_mean"]


def sized(study: Study, loans: int) -> Study:
    """Return a study with the scenarios that effects are measured on."""
    # A number that does not depend on the study: a short run must not pass by its length.
    scenarios = int(np.clip(LOAN_PATHS // max(loans, 1), LEAST_SCENARIOS, MOST_SCENARIOS))
    simulation = study.simulation.model_copy(
        update={"scenarios": scenarios, "precision": None, "detail": "totals"}
    )
    return study.model_copy(update={"simulation": simulation})


def _other(table: LoanTable, reading: OtherReading) -> LoanTable:
    loans = table.loans.assign(**reading.loans)
    if "stage" in reading.loans:
        loans["stage"] = loans["stage"].astype(table.loans["stage"].dtype)
    return dataclasses.replace(
        table,
        loans=loans,
        collateral=table.collateral.assign(**reading.collateral),
        guarantors=table.guarantors.assign(**reading.guarantors),
        other_readings=(),
    )


def measure_readings(study: Study, table: LoanTable) -> tuple[Finding, ...]:
    """Return a finding for each other reading of a tape, with its effect on the package's value.

    An effect above `MOST_SHARE` of the value is an error unless the reading is only a bound or
    `tape.confirmed` names it.

    Parameters
    ----------
    study
        The study.
    table
        Its tape, with its readings.
    """
    readings = (*table.other_readings, *contact_readings(study, table))
    if not readings:
        return ()
    found = []
    for priced in priced_readings(study, table, readings):
        reading, effect, share = priced.reading, priced.effect, priced.share
        confirmed = reading.name in study.tape.confirmed
        large = priced.stops and not confirmed
        severity: Severity = "error" if large else "warning"
        bound = "" if reading.stops else _(", a bound")
        outcome = _(
            "the value of the package then changes by {effect:+,.0f} {currency} "
            "({share:+.1%}{bound})"
        ).format(effect=effect, currency=study.currency, share=share, bound=bound)
        if severity == "error":
            outcome += _(
                "; correct the tape or the study, or confirm what was read by "
                "tape.confirmed: [{reading}]"
            ).format(reading=reading.name)
        elif confirmed:
            outcome += _("; the study confirms what was read")
        found.append(_finding(table, reading, severity, outcome, effect))
    return tuple(found)


def judged(study: Study, table: LoanTable) -> LoanTable:
    """Return a tape whose findings include the effect of its other readings under a study.

    Parameters
    ----------
    study
        The study, on which the effects depend.
    table
        The tape as it was read.

    Raises
    ------
    TapeError
        If another reading has a large effect and the study does not confirm what was read.
    """
    found = measure_readings(study, table)
    stop_on_readings(found)
    return dataclasses.replace(table, findings=(*found, *table.findings))


def name_readings(table: LoanTable) -> tuple[Finding, ...]:
    """Return a warning for each other reading of a tape, without its effect."""
    return tuple(_finding(table, reading, "warning") for reading in table.other_readings)


def stop_on_readings(found: Sequence[Finding]) -> None:
    """Raise where another reading has a large effect and the study does not confirm the tape.

    Raises
    ------
    TapeError
        With each such reading and its effect.
    """
    errors = [str(f) for f in found if f.severity == "error"]
    if errors:
        raise TapeError("\n".join([*errors, "these stop the run, under on_error: quarantine too"]))


def _finding(
    table: LoanTable,
    reading: OtherReading,
    severity: Severity,
    effect_text: str = "",
    effect: float = math.nan,
) -> Finding:
    role = "collateral" if reading.collateral else "guarantors" if reading.guarantors else "loans"
    # Items may be in the loan file, which comes first.
    source = next((s for s in table.sources if s.role == role), table.sources[0])
    text = _("{read} (loans {examples}); it may be that {other}").format(
        read=reading.read, examples=reading.examples, other=reading.other
    )
    return Finding(
        severity,
        source.file,
        reading.column,
        "",
        reading.count,
        (1,),
        ("",),
        name=reading.name,
        gbv=reading.gbv,
        effect=effect,
        message=f"{text}: {effect_text}" if effect_text else text,
    )
