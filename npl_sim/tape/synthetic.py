"""Generate a plausible mixed package of any size as a reproducible test tape.

Loans are drawn in blocks of fixed size, each from its own generator. So loan i does not depend
on the number of loans. Balances have sizes customary in China.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from npl_sim.core.disk.claims import Claim
from npl_sim.core.disk.whole_file import sync_folder
from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.core.provenance import text_hash
from npl_sim.tables.csv_safe import write_csv
from npl_sim.tape.spec import TapeSpec

BLOCK = 4096

PRODUCTS = np.array(["credit_card", "consumer", "sme", "mortgage"])
PRODUCT_SHARE = np.array([0.45, 0.30, 0.12, 0.13])
MEDIAN_PRINCIPAL = np.array([22_000.0, 48_000.0, 1_300_000.0, 620_000.0])  # [CNY]
SPREAD = np.array([0.9, 0.8, 0.8, 0.5])  # of the log
RATE_LOW = np.array([0.1825, 0.09, 0.042, 0.036])  # [per year]
RATE_HIGH = np.array([0.1825, 0.238, 0.085, 0.055])
FEE_SHARE = np.array([0.03, 0.01, 0.004, 0.003])  # of principal, on average

REGIONS = np.array(["east", "central", "west", "northeast"])
REGION_SHARE = np.array([0.42, 0.26, 0.21, 0.11])

STAGES = np.array(["collection", "litigation", "judged", "enforcement", "plan"])
STAGE_SHARE = np.array(  # one row per product
    [
        [0.930, 0.040, 0.015, 0.015, 0.000],
        [0.880, 0.060, 0.030, 0.030, 0.000],
        [0.400, 0.200, 0.120, 0.200, 0.080],
        [0.380, 0.200, 0.120, 0.220, 0.080],
    ]
)
STAGE_LASTED = np.array([0.0, 12.0, 18.0, 18.0, 24.0])  # longest so far [months]

SME_ITEMS = np.array([0.45, 0.35, 0.15, 0.05])  # share with 0, 1, 2, 3 items
SME_KINDS = np.array(["residential", "commercial", "land", "vehicle", "equipment"])
SME_KIND_SHARE = np.array([0.34, 0.30, 0.10, 0.14, 0.12])

SAME_BORROWER = 0.05
AGE = (3.0, 72.0)  # [months]


class SyntheticTape(NamedTuple):
    """The three tables of a synthetic tape, with the canonical columns that sellers provide."""

    loans: pd.DataFrame
    collateral: pd.DataFrame
    guarantors: pd.DataFrame


def _pick(uniform: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the index that each uniform selects; `shares` has one row, or one per uniform."""
    edges = np.cumsum(shares, axis=-1)
    below = np.asarray((uniform[:, None] >= edges).sum(axis=1), dtype=np.int64)
    return np.minimum(below, edges.shape[-1] - 1)


def _before(valuation_date: date, months: np.ndarray) -> np.ndarray:
    """Return days a number of months before the valuation date."""
    days = np.rint(months * DAYS_PER_MONTH).astype("timedelta64[D]")
    return (np.datetime64(valuation_date, "D") - days).astype("datetime64[us]")


def _five_class(age: np.ndarray) -> np.ndarray:
    return np.select([age < 6.0, age < 12.0], ["substandard", "doubtful"], "loss")


def _loans(
    rng: np.random.Generator, first: int, valuation_date: date
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return one block of loans and their product codes."""
    u = rng.random((12, BLOCK))
    product = _pick(u[0], PRODUCT_SHARE)
    row = np.arange(BLOCK)
    owner = np.maximum.accumulate(np.where((u[1] < SAME_BORROWER) & (row > 0), 0, row)) + first
    principal = MEDIAN_PRINCIPAL[product] * np.exp(SPREAD[product] * rng.standard_normal(BLOCK))
    principal = np.round(np.clip(principal, 500.0, 5e7), 2)
    age = AGE[0] + (AGE[1] - AGE[0]) * u[2] ** 1.5  # more young loans than old ones
    rate = np.round(RATE_LOW[product] + (RATE_HIGH - RATE_LOW)[product] * u[3], 4)
    penalty = np.where(product == 0, rate, np.minimum(np.round(1.5 * rate, 4), 0.24))
    interest = principal * np.minimum(penalty * age / 12.0 * (0.7 + 0.3 * u[4]), 1.0)
    fees = principal * FEE_SHARE[product] * -np.log1p(-u[5])
    stage = _pick(u[6], STAGE_SHARE[product])
    lasted = np.minimum(STAGE_LASTED[stage] * u[7], age - 1.0)
    stage_date = _before(valuation_date, lasted)
    stage_date[stage == 0] = np.datetime64("NaT", "D")
    loans = pd.DataFrame(
        {
            "loan_id": [f"NPL{first + i + 1:08d}" for i in range(BLOCK)],
            "borrower_id": [f"B{o + 1:08d}" for o in owner.tolist()],
            "product": PRODUCTS[product],
            "region": REGIONS[_pick(u[8], REGION_SHARE)],
            "principal": principal,
            "accrued_interest": np.round(interest, 2),
            "fees": np.round(fees, 2),
            "contract_rate": rate,
            "penalty_rate": penalty,
            "default_date": _before(valuation_date, age),
            "last_interruption_date": _before(valuation_date, np.minimum(age, 40.0 * u[9] ** 1.4)),
            "five_class": _five_class(age),
            "stage": STAGES[stage],
            "stage_date": stage_date,
            "arbitration_clause": (product == 1) & (u[10] < 0.3),
        }
    )
    return loans, product


def _collateral(
    rng: np.random.Generator, loans: pd.DataFrame, product: np.ndarray, valuation_date: date
) -> pd.DataFrame:
    """Return the items of one block: one home per mortgage, up to three items per business."""
    u = rng.random((3, BLOCK))
    noise = rng.standard_normal(BLOCK)
    items = np.select([product == 3, product == 2], [1, _pick(u[0], SME_ITEMS)], 0)
    of = np.repeat(np.arange(BLOCK), items)
    # Drawn for every item that the block could have, so that no item depends on another loan's.
    v = rng.random((7, BLOCK, 3))
    slot = np.arange(len(of)) - np.repeat(np.cumsum(items) - items, items)
    w = v[:, of, slot]
    home = product[of] == 3
    loan_to_value = np.where(home, 0.72, 0.85) * np.exp(np.where(home, 0.28, 0.45) * noise[of])
    part = v[0, of, :]
    part = np.where(np.arange(3) < items[of][:, None], 0.2 + part, 0.0)
    share = part[np.arange(len(of)), slot] / part.sum(axis=1)
    principal = loans["principal"].to_numpy()[of]
    value = np.round(principal / np.clip(loan_to_value, 0.2, 3.0) * share, -2) + 100.0
    kind = np.where(home, "residential", SME_KINDS[_pick(w[1], SME_KIND_SHARE)])
    lien = w[2] < np.where(home, 0.06, 0.15)
    court = np.isin(loans["stage"].to_numpy()[of], ["judged", "enforcement"])
    seized = np.select([court & (w[4] < 0.75), w[4] > 0.94], ["creditor", "other creditor"], "")
    capped = ~home & (w[5] < 0.6)
    return pd.DataFrame(
        {
            "collateral_id": [
                f"C{n}-{s + 1}"
                for n, s in zip(loans["loan_id"].str[3:].to_numpy()[of], slot, strict=True)
            ],
            "loan_id": loans["loan_id"].to_numpy()[of],
            "kind": kind,
            "region": loans["region"].to_numpy()[of],
            "appraisal_value": value,
            "appraisal_date": _before(valuation_date, 36.0 * w[6] ** 1.3),
            "prior_liens": np.where(lien, np.round(value * (0.1 + 0.4 * w[3]), 2), 0.0),
            "lien_rank": np.where(lien, 2, 1),
            "secured_cap": np.where(capped, np.round(principal * (1.0 + 0.4 * w[3]), -2), np.nan),
            "seized_by": seized,
        }
    )


def _guarantors(
    rng: np.random.Generator, loans: pd.DataFrame, product: np.ndarray
) -> pd.DataFrame:
    """Return one block's guarantors: of half of the businesses and a few mortgages."""
    u = rng.random((4, BLOCK))
    backed = u[0] < np.array([0.0, 0.01, 0.5, 0.05])[product]
    count = np.where(backed, np.where(u[1] < 0.3, 2, 1), 0)
    of = np.repeat(np.arange(BLOCK), count)
    slot = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    cap = np.round(loans["principal"].to_numpy()[of] * (0.3 + 0.7 * u[3][of]), -2)
    ids = loans["loan_id"].to_numpy()[of]
    return pd.DataFrame(
        {
            "guarantor_id": [f"G{n[3:]}-{s + 1}" for n, s in zip(ids, slot, strict=True)],
            "loan_id": ids,
            "cap": np.where(u[2][of] < 0.4, np.maximum(cap, 100.0), np.nan),
        }
    )


def make_tape(loans: int, seed: int, valuation_date: date) -> SyntheticTape:
    """Generate a tape.

    Parameters
    ----------
    loans
        Number of loans, at least 1. [loans]
    seed
        Seed, at least 0; the same seed gives the same tape, and loan i whatever `loans` is.
    valuation_date
        Date before which everything on the tape happened.

    Raises
    ------
    ValueError
        If `loans` is below 1 or `seed` below 0.
    """
    if loans < 1 or seed < 0:
        raise ValueError(
            f"loans {loans}, seed {seed}; expected at least 1 loan and a seed of at least 0"
        )
    parts: list[SyntheticTape] = []
    for first in range(0, loans, BLOCK):
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, first // BLOCK])))
        block, product = _loans(rng, first, valuation_date)
        items = _collateral(rng, block, product, valuation_date)
        backers = _guarantors(rng, block, product)
        if loans - first < BLOCK:
            block = block.iloc[: loans - first]
            items = items[items["loan_id"].isin(block["loan_id"])]
            backers = backers[backers["loan_id"].isin(block["loan_id"])]
        parts.append(SyntheticTape(block, items, backers))
    return SyntheticTape(
        *(pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True))
    )


def write_tape(
    folder: Path,
    loans: int,
    seed: int,
    valuation_date: date,
    name: str = "package",
    currency: str = "CNY",
    overwrite: bool = True,
) -> TapeSpec:
    """Write a synthetic tape as three CSV files and return its specification.

    Parameters
    ----------
    folder
        Where NAME.csv, NAME_collateral.csv and NAME_guarantors.csv are written; made if missing.
    loans, seed, valuation_date
        As for `make_tape`.
    name
        First part of the files' names.
    currency
        Label of the package's currency; the amounts stay of Chinese size.
    overwrite
        Whether files that stand there give way.

    Raises
    ------
    FileExistsError
        If one of the files exists and may not be overwritten.
    LockedElsewhere
        If another process writes a tape of this name there.
    OSError
        If they cannot be written; none of them is left then.
    """
    paths = [folder / f"{name}{suffix}.csv" for suffix in ("", "_collateral", "_guarantors")]
    _check(paths, overwrite)  # before anything is made
    with Claim(folder, f"tape-{text_hash(name)[:16]}") as claim:
        _check(paths, overwrite)
        drafts = [claim.folder / path.name for path in paths]
        for table, draft in zip(make_tape(loans, seed, valuation_date), drafts, strict=True):
            write_csv(table, draft, mark=False, date_format="%Y-%m-%d")
        if overwrite:  # loans never appear beside the collateral of another tape
            paths[0].unlink(missing_ok=True)
        _put(drafts, paths)
    return TapeSpec(loans=paths[0], collateral=paths[1], guarantors=paths[2], currency=currency)


def _check(paths: Sequence[Path], overwrite: bool) -> None:
    for path in paths:
        if os.path.lexists(path) and not (overwrite and path.is_file()):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _put(drafts: Sequence[Path], paths: Sequence[Path]) -> None:
    """Rename the drafts, the loan file last, as a tape without it is invalid."""
    put: list[Path] = []
    try:
        for draft, path in zip(drafts[::-1], paths[::-1], strict=True):
            put.append(path)
            draft.replace(path)
    except BaseException:
        for path in put:
            path.unlink(missing_ok=True)
        raise
    sync_folder(paths[0].parent)
