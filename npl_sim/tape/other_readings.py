"""Find passages of a tape with two plausible readings, and the loans under the alternative.

The tape package finds them; what each is worth is measured by `npl_sim.analysis.other_readings`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.core.errors import counted
from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.core.language import gettext as _
from npl_sim.tape.other_reading import OtherReading, readings_of
from npl_sim.tape.schema import STAGE_DATES
from npl_sim.tape.seizures import liens_unknown, seized_by_others
from npl_sim.tape.unit_ratios import RATIO, median_ratio
from npl_sim.tape.unused_amounts import UnusedAmount

OTHER_READINGS = (
    "unused_amounts",
    "stage_date",
    "dormant",
    "prior_liens",
    "unused_liens",
    "seized_by",
)
"""Names of alternative readings that a study may confirm."""

_WAN = 10_000.0
"""Usual unit of Chinese lists, 万元, the likely alternative unit of a column."""


def _unused_claims(loans: pd.DataFrame, unused: Sequence[UnusedAmount]) -> list[OtherReading]:
    claimed = [u for u in unused if u.claimed]
    if not claimed:
        return []
    added = np.sum([u.values for u in claimed], axis=0)
    names = ", ".join(f"{u.header!r} ({u.values.sum():,.2f})" for u in claimed)
    at = added != 0.0
    changed = {
        "accrued_interest": loans["accrued_interest"].to_numpy(dtype=np.float64) + added,
        "gbv": loans["gbv"].to_numpy(dtype=np.float64) + added,
    }
    return readings_of(
        loans,
        loans,
        at,
        ("unused_amounts", "accrued_interest"),
        _("the amounts under {names} were not read as part of the claim").format(names=names),
        _("they are part of it (name them under accrued_interest or fees in tape.columns)"),
        loans=changed,
    )


def _stage_dates(loans: pd.DataFrame, valuation: pd.Timestamp) -> list[OtherReading]:
    """Report stages that began on an unknown day and count as begun today."""
    stage = loans["stage"].to_numpy(dtype=object)
    at = (stage != "collection") & loans["stage_date"].isna().to_numpy()
    if not at.any():
        return []
    court = [column for columns in STAGE_DATES.values() for column in columns]
    earliest = loans[court].min(axis=1)
    age = pd.to_timedelta(loans["age_months"] * DAYS_PER_MONTH, unit="D")
    # Without any date of the court, half way between default and today.
    middle = (valuation - age / 2).dt.normalize().astype(loans["stage_date"].dtype)
    dates = loans["stage_date"].where(~pd.Series(at, index=loans.index), earliest.fillna(middle))
    stages = ", ".join(
        f"{name} {int((stage[at] == name).sum()):,}" for name in dict.fromkeys(stage[at])
    )
    return readings_of(
        loans,
        loans,
        at,
        ("stage_date", "stage_date"),
        _(
            "the stages of these loans ({stages}) were taken to begin on the valuation "
            "date, as no date of theirs is known"
        ).format(stages=stages),
        _(
            "they began on the earliest court date of the loan, or half way between "
            "default and valuation"
        ),
        loans={"stage_date": dates.to_numpy()},
    )


def _dormant(loans: pd.DataFrame, collateral: pd.DataFrame) -> list[OtherReading]:
    """Report paused enforcements (终本), which resume if assets are found or collateral sells."""
    if not (loans["stage"] == "dormant").any():
        return []
    valued = collateral[collateral["appraisal_value"] > 0.0]
    worth = valued.groupby("loan_id")["appraisal_value"].sum()
    secured = loans["loan_id"].isin(worth.index).to_numpy()
    at = (loans["stage"] == "dormant").to_numpy(dtype=bool) & secured
    if not at.any():
        return []
    appraised = float(worth.reindex(loans.loc[at, "loan_id"]).sum())
    stage = loans["stage"].to_numpy(dtype=object).copy()
    stage[at] = "enforcement"
    dates = loans["stage_date"].to_numpy().copy()
    dates[at] = np.datetime64("NaT", "us")
    return readings_of(
        loans,
        loans,
        at,
        ("dormant", "stage"),
        _(
            "these dormant loans carry collateral appraised at {appraised:,.2f} and "
            "are not enforced"
        ).format(appraised=appraised),
        _("their enforcement resumes and the collateral is sold"),
        loans={"stage": stage, "stage_date": dates},
    )


def _prior_liens(
    loans: pd.DataFrame,
    items: pd.DataFrame,
    unused: Sequence[UnusedAmount],
    confirmed: Collection[str],
) -> list[OtherReading]:
    value = items["appraisal_value"].to_numpy(dtype=np.float64)
    stated = items["prior_liens"].to_numpy(dtype=np.float64)
    behind = liens_unknown(items)
    taken, nothing = _("the prior claims take their whole value"), _("nothing ranks before ours")
    free = "prior_liens" in confirmed
    liens = stated if free else np.where(behind, value, stated)

    found = readings_of(
        loans,
        items,
        behind,
        ("prior_liens", "prior_liens"),
        _(
            "items behind other liens, appraised at {sum:,.2f}, bear no amount that "
            "ranks first: as read, {nothing}"
        ).format(sum=value[behind].sum(), nothing=nothing if free else taken),
        taken if free else nothing,
        collateral={"prior_liens": np.where(behind, value, stated) if free else stated},
        stops=False,
    )
    claimed = [u for u in unused if u.claimed]
    if claimed:
        added = np.sum([u.values for u in claimed], axis=0)
        names = ", ".join(f"{u.header!r} ({u.values.sum():,.2f})" for u in claimed)
        found += readings_of(
            loans,
            items,
            added != 0.0,
            ("unused_liens", "prior_liens"),
            _("the amounts under {names} of the collateral file were not read").format(
                names=names
            ),
            _("they rank before ours (name them under prior_liens in tape.collateral_columns)"),
            collateral={"prior_liens": liens + added},
        )
    return found


def _units(loans: pd.DataFrame, items: pd.DataFrame) -> list[OtherReading]:
    """Report columns that may be in 10,000, by their ratio to related amounts."""
    claims = items["loan_id"].map(loans.set_index("loan_id")["gbv"])
    owed, value = loans["accrued_interest"], items["appraisal_value"]
    cases = (
        ("accrued_interest", "unit.accrued_interest", owed, loans["principal"], np.inf),
        ("prior_liens", "unit.prior_liens", items["prior_liens"], value, RATIO),
        ("secured_cap", "unit.secured_cap", items["secured_cap"], claims, RATIO),
        ("appraisal_value", "collateral_unit", value, claims, RATIO),
    )
    found: list[OtherReading] = []
    for column, name, amounts, base, highest in cases:
        median = median_ratio(amounts, base)
        if median is None or 1.0 / RATIO <= median <= highest:
            continue
        scaled = amounts.to_numpy(dtype=np.float64) * (_WAN if median < 1.0 else 1.0 / _WAN)
        at = (amounts > 0.0).to_numpy(dtype=bool)
        changed = {column: scaled}
        if column == "accrued_interest":
            changed["gbv"] = (
                loans["gbv"].to_numpy(dtype=np.float64) - owed.to_numpy(dtype=np.float64) + scaled
            )
        rows = loans if column == "accrued_interest" else items
        found += readings_of(
            loans,
            rows,
            at,
            (name, column),
            _(
                "the amounts of {column} were read in the unit of the others, of which "
                "they are {median:,.3g} times on the median"
            ).format(column=column, median=median),
            _("they are in a unit {text} (state it in tape.column_units)").format(
                text="10,000 times larger" if median < 1.0 else "10,000 times smaller"
            ),
            loans=changed if column == "accrued_interest" else {},
            collateral={} if column == "accrued_interest" else changed,
        )
    return found


def _seizures(loans: pd.DataFrame, items: pd.DataFrame) -> list[OtherReading]:
    """Report items that another court seized first: they wait, and may be shared."""
    value = items["appraisal_value"].to_numpy(dtype=np.float64)
    seized_by = items["seized_by"].to_numpy(dtype=object)
    at = seized_by_others(items["seized_by"]) & (value > 0.0)
    seizers = ", ".join(repr(text) for text in dict.fromkeys(seized_by[at]))
    return readings_of(
        loans,
        items,
        at,
        ("seized_by", "seized_by"),
        _(
            "{sum} appraised at {sum2:,.0f}, seized first by somebody else "
            "({seizers}): they wait for that court"
        ).format(sum=counted(int(at.sum()), "item"), sum2=value[at].sum(), seizers=seizers[:120]),
        _("our seizure is the first, and nobody shares them"),
        collateral={
            "seized_by": np.where(at, "", seized_by),
            "other_claims": np.where(at, 0.0, items["other_claims"].to_numpy(dtype=np.float64)),
        },
        stops=False,
    )


def find_other_readings(
    loans: pd.DataFrame,
    collateral: pd.DataFrame,
    valuation_date: date,
    unused: Sequence[UnusedAmount] = (),
    unused_liens: Sequence[UnusedAmount] = (),
    confirmed: Collection[str] = (),
) -> tuple[OtherReading, ...]:
    """Return the plausible alternative readings of a clean tape.

    Parameters
    ----------
    loans, collateral
        Clean rows.
    valuation_date
        Date of the valuation.
    unused, unused_liens
        Amounts of the loan and the collateral file that were not read, by the rows of `loans`
        and `collateral`.
    confirmed
        Names of the readings that the study confirms.
    """
    return (
        *_unused_claims(loans, unused),
        *_stage_dates(loans, pd.Timestamp(valuation_date)),
        *_dormant(loans, collateral),
        *_prior_liens(loans, collateral, unused_liens, confirmed),
        *_seizures(loans, collateral),
        *_units(loans, collateral),
    )
