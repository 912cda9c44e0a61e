"""Records of collateral and guarantors for the kernel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.errors import StudyError
from npl_sim.core.layout import GUARANTOR, ITEM, Stage
from npl_sim.engine.priority_records import fill_priority
from npl_sim.engine.stage_times import elapsed_probability, months_between
from npl_sim.market.spec import Market
from npl_sim.policy.enforcement import CollateralTerms, Enforcement
from npl_sim.tape.id_keys import keys_in, order_column
from npl_sim.tape.names import kind_and_place, normal_name, terms_name
from npl_sim.tape.parsed import among

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


def index_rows(market: Market, regions: Sequence[str], kinds: Sequence[str]) -> np.ndarray:
    """Return the index that each (region, kind) follows: the most specific that names it.

    Raises
    ------
    StudyError
        If no index covers some of them: one line for each.
    """
    at = {
        (normal_name("region", i.region), normal_name("kind", i.kind)): row
        for row, i in enumerate(market.indices)
    }
    rows = np.zeros(len(regions), dtype=np.int32)
    seen: dict[tuple[str, str], int] = {}
    for n, (region, kind) in enumerate(zip(regions, kinds, strict=True)):
        if (region, kind) not in seen:
            options = ((region, kind), ("*", kind), (region, "*"), ("*", "*"))
            seen[region, kind] = next((at[o] for o in options if o in at), -1)
        rows[n] = seen[region, kind]
    errors = [
        f"market.indices: no index covers {kind!r} in region {region!r}; expected one, or one "
        'with region "*" and kind "*"'
        for (region, kind), row in seen.items()
        if row < 0
    ]
    if errors:
        raise StudyError(errors)
    return rows


def missing_terms(study: Study, found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the error of a study without terms for a kind of collateral, if any.

    Parameters
    ----------
    study
        The study.
    found
        Kind and region of each item on the tape.
    """
    known = {kind_and_place(k) for k in study.collateral}
    unknown = sorted({kind for kind, region in found if terms_name(known, kind, region) is None})
    if not unknown or not study.collateral:
        return ()
    return (
        f"collateral: no terms for {', '.join(map(repr, unknown))}, which the tape holds; "
        "expected an entry for each kind, or one named default",
    )


def compile_items(
    table: LoanTable,
    study: Study,
    kinds: dict[str, CollateralTerms],
    loan_rows: pd.Series,
    loans: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ITEM records sorted by loan row, lien rank and id, and the loan row of each."""
    frame = table.collateral
    frame = frame.assign(_loan=loan_rows.reindex(frame["loan_id"]).to_numpy())
    frame = frame.sort_values(
        ["_loan", "lien_rank", order_column(frame, "collateral_id")], kind="stable"
    )
    items = np.zeros(len(frame), dtype=ITEM)
    if len(frame) == 0:
        return items, np.zeros(0, dtype=np.int64)
    names = list(kinds)
    places = list(zip(frame["kind"].astype(str), frame["region"].astype(str), strict=True))
    lacking = missing_terms(study, places)
    if lacking:
        raise StudyError(lacking)
    terms = [terms_name(kinds, *place) or "default" for place in places]
    items["key"] = keys_in(frame, "collateral_id")
    items["index"] = index_rows(study.market, list(frame["region"]), list(frame["kind"]))
    items["terms"] = [names.index(t) for t in terms]
    years = months_between(frame["appraisal_date"], pd.Timestamp(study.valuation_date)) / 12.0
    years = np.maximum(np.nan_to_num(years, nan=0.0), 0.0)
    growth = np.array([kinds[t].past_growth for t in terms])
    items["value"] = frame["appraisal_value"].fillna(0.0) * np.exp(growth * years)
    items["liens"] = frame["prior_liens"].fillna(0.0)
    items["cap"] = frame["secured_cap"].fillna(math.inf)
    fill_priority(items, frame, study, loans["policy"][frame["_loan"].to_numpy(dtype=np.int64)])
    error = np.array([kinds[t].appraisal_error for t in terms])
    ageing = np.array([kinds[t].aging_volatility for t in terms])
    items["appraisal_error"] = np.sqrt(error**2 + ageing**2 * years)
    owner = frame["_loan"].to_numpy(dtype=np.int64)
    seized = loans["stage"][owner] == Stage.ENFORCEMENT
    for name in {t for t, s in zip(terms, seized, strict=True) if s}:
        at = seized & (np.array(terms) == name)
        items["elapsed_probability"][at] = elapsed_probability(
            kinds[name].seizure_duration, loans["stage_elapsed"][owner[at]]
        )
    elsewhere = seized & (items["waitlisted"] != 0)
    for row, policy in enumerate(study.policies):
        at = elsewhere & (loans["policy"][owner] == row)
        items["elapsed_elsewhere"][at] = elapsed_probability(
            (policy.enforcement or Enforcement()).other_court.sale_duration,
            loans["stage_elapsed"][owner[at]],
        )
    items["drift_volatility"] = [kinds[t].drift_volatility / math.sqrt(12.0) for t in terms]
    return items, owner


def compile_guarantors(
    table: LoanTable, study: Study, loan_rows: pd.Series, loans: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the GUARANTOR records sorted by loan row and id, and the loan row of each."""
    frame = table.guarantors
    frame = frame.assign(_loan=loan_rows.reindex(frame["loan_id"]).to_numpy())
    frame = frame.sort_values(["_loan", order_column(frame, "guarantor_id")], kind="stable")
    owner = frame["_loan"].to_numpy(dtype=np.int64)
    records = np.zeros(len(frame), dtype=GUARANTOR)
    if len(frame) == 0:
        return records, owner
    records["key"] = keys_in(frame, "guarantor_id")
    records["cap"] = frame["cap"].fillna(math.inf)
    broken = among(frame["guarantor_id"], table.loans["borrower_id"].to_numpy(object))
    factor = np.array(
        [
            1.0 if p.enforcement is None else p.enforcement.guarantor_in_default_factor
            for p in study.policies
        ]
    )
    records["factor"] = np.where(broken, factor[loans["policy"][owner]], 1.0)
    return records, owner
