"""Adverse facts on a tape that the model does not use, each with a bound on its effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from npl_sim.core.errors import counted
from npl_sim.core.language import gettext as _
from npl_sim.tape.other_reading import OtherReading, readings_of

UNMODELED = (
    "guarantee_end",
    "documents_missing",
    "acceleration_date",
    "contact_caps",
)
"""Names of the facts that are reported with their effect."""


def _guarantees(
    loans: pd.DataFrame, guarantors: pd.DataFrame, valuation: pd.Timestamp
) -> list[OtherReading]:
    """Report guarantees whose period has ended or is unknown; the guarantor may be released."""
    cap = guarantors["cap"].to_numpy(dtype=np.float64)
    ended = (guarantors["guarantee_end"] < valuation).to_numpy(dtype=bool) & ~(cap == 0.0)
    unknown = guarantors["guarantee_end"].isna().to_numpy(dtype=bool) & ~(cap == 0.0)
    at = ended | unknown
    parts = [
        f"{counted(int(hit.sum()), 'guarantee')} {state}"
        for hit, state in (
            (ended, _("ended before the valuation date")),
            (unknown, _("with no end stated")),
        )
        if hit.any()
    ]
    return readings_of(
        loans,
        guarantors,
        at,
        ("guarantee_end", "guarantee_end"),
        _("{parts}: the price counts these guarantors as bound").format(parts=" and ".join(parts)),
        _(
            "they were not called within the guarantee period and pay nothing (by "
            "default six months from the due date: Civil Code of China, art. 692; "
            "codice civile, art. 1957)"
        ),
        guarantors={"cap": np.where(at, 0.0, cap)},
        stops=False,
    )


def _documents(loans: pd.DataFrame) -> list[OtherReading]:
    at = loans["documents_missing"].to_numpy(dtype=bool)
    return readings_of(
        loans,
        loans,
        at,
        ("documents_missing", "documents_missing"),
        _(
            "{sum} without contract, title or demand files: the price counts them as provable"
        ).format(sum=counted(int(at.sum()), "loan")),
        _("nothing comes of them without proof"),
        lost=at,
        stops=False,
    )


def _accelerations(loans: pd.DataFrame) -> list[OtherReading]:
    """Report loans whose limitation runs from the last due date without known acceleration."""
    if loans["acceleration_date"].notna().any():
        return []
    open_clock = (
        loans["stage"].isin(["collection", "plan"]) & loans["limitation_left_months"].isna()
    )
    later = loans["maturity_date"] > loans["default_date"]
    later |= loans["maturity_date"].notna() & loans["default_date"].isna()
    at = (open_clock & later).to_numpy(dtype=bool)
    matures = loans["maturity_date"].to_numpy().copy()
    matures[at] = np.datetime64("NaT", "us")
    return readings_of(
        loans,
        loans,
        at,
        ("acceleration_date", "acceleration_date"),
        _(
            "no column states which loans were accelerated: limitation of {sum} runs "
            "from the last due date"
        ).format(sum=counted(int(at.sum()), "loan")),
        _("they were accelerated at default, and limitation runs from then"),
        loans={"maturity_date": matures},
        stops=False,
    )


def find_unmodeled(
    loans: pd.DataFrame,
    guarantors: pd.DataFrame,
    valuation: pd.Timestamp,
) -> tuple[OtherReading, ...]:
    """Return the facts that the model does not use, each as an alternative reading.

    Parameters
    ----------
    loans, guarantors
        Clean rows.
    valuation
        Date of the valuation.
    """
    return (
        *_guarantees(loans, guarantors, valuation),
        *_documents(loans),
        *_accelerations(loans),
    )
