"""From words to numbers: a study and a loan table become the read-only arrays of the kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.engine.cohorts import NO_AGE, depends_on_age, stack_cohorts
from npl_sim.engine.quantiles import QuantileTables, probability_by
from npl_sim.engine.terms import lower_auctions, lower_fees, lower_policies
from npl_sim.errors import StudyError
from npl_sim.kernels.books import Cohorts, Package
from npl_sim.layout import ITEM, LOAN, MAX_ITEMS, Stage
from npl_sim.market.spec import Market
from npl_sim.paths.enforcement import CollateralTerms
from npl_sim.paths.limitation import limitation_left
from npl_sim.paths.policy import AppliesTo, Policy
from npl_sim.provenance import keys_of

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["DAYS_PER_MONTH", "Model", "lower", "policy_rows"]

DAYS_PER_MONTH = 365.25 / 12.0


@dataclass(frozen=True)
class Model:
    """A study and its tape, ready for the kernel.

    Attributes
    ----------
    package, cohorts
        Records and tables; loans stand sorted by cohort and key, whatever the order of the tape.
    tape_row
        Row on the loan table of each loan of `package.loans`, shape (loans,).
    groups
        Names along the group axis.
    group_gbv
        Gross book value of each group. [package currency]
    loading, sale_loading
        Loadings of the policies on the cooperation factor, shape (policies,).
    horizon
        Months simulated.
    """

    package: Package
    cohorts: Cohorts
    tape_row: np.ndarray
    groups: tuple[str, ...]
    group_gbv: np.ndarray
    loading: np.ndarray
    sale_loading: np.ndarray
    horizon: int


def _months_between(earlier: pd.Series, later: pd.Timestamp) -> np.ndarray:
    """Return the months from each date to `later`; NaN where there is no date."""
    return ((later - pd.to_datetime(earlier)).dt.days / DAYS_PER_MONTH).to_numpy(dtype=np.float64)


def _applies(condition: AppliesTo, loans: pd.DataFrame, secured: np.ndarray) -> np.ndarray:
    chosen = np.ones(len(loans), dtype=bool)
    for names, column in (
        (condition.products, "product"),
        (condition.segments, "segment"),
        (condition.regions, "region"),
        (condition.stages, "stage"),
    ):
        if names:
            chosen &= loans[column].isin(names).to_numpy()
    chosen &= (loans["gbv"] >= condition.minimum_gbv).to_numpy()
    if condition.maximum_gbv is not None:
        chosen &= (loans["gbv"] <= condition.maximum_gbv).to_numpy()
    if condition.secured is not None:
        chosen &= secured == condition.secured
    return chosen


def policy_rows(policies: Sequence[Policy], loans: pd.DataFrame, secured: np.ndarray) -> np.ndarray:
    """Return the row of the policy that governs each loan: the first whose conditions it meets.

    Raises
    ------
    StudyError
        If no policy applies to some loan.
    """
    rows = np.full(len(loans), -1, dtype=np.int64)
    for i in range(len(policies) - 1, -1, -1):
        rows[_applies(policies[i].applies_to, loans, secured)] = i
    orphans = np.flatnonzero(rows < 0)
    if len(orphans):
        first = loans.iloc[orphans[0]]
        raise StudyError(
            [
                f"policies: no policy applies to {len(orphans):,} of {len(loans):,} loans, such as "
                f"{first['loan_id']!r} (product {first['product']!r}, region {first['region']!r}, stage "
                f"{first['stage']!r}, GBV {first['gbv']:,.2f}); expected one for every loan: add a last "
                "policy without applies_to"
            ]
        )
    return rows


def _index_rows(market: Market, regions: Sequence[str], kinds: Sequence[str]) -> np.ndarray:
    """Return the index that each (region, kind) follows: the most specific that names it."""
    at = {(i.region, i.kind): row for row, i in enumerate(market.indices)}
    rows = np.zeros(len(regions), dtype=np.int32)
    seen: dict[tuple[str, str], int] = {}
    for n, (region, kind) in enumerate(zip(regions, kinds, strict=True)):
        if (region, kind) not in seen:
            options = ((region, kind), ("*", kind), (region, "*"), ("*", "*"))
            row = next((at[o] for o in options if o in at), None)
            if row is None:
                raise StudyError(
                    [
                        f"market.indices: no index covers {kind!r} in region {region!r}; expected one, "
                        'or one with region "*" and kind "*"'
                    ]
                )
            seen[region, kind] = row
        rows[n] = seen[region, kind]
    return rows


def _lower_items(
    table: LoanTable, study: Study, kinds: dict[str, CollateralTerms], loan_rows: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ITEM records sorted by loan row, lien rank and id, and the loan row of each."""
    frame = table.collateral
    frame = frame.assign(_loan=loan_rows.reindex(frame["loan_id"]).to_numpy())
    frame = frame.sort_values(["_loan", "lien_rank", "collateral_id"], kind="stable")
    items = np.zeros(len(frame), dtype=ITEM)
    if len(frame) == 0:
        return items, np.zeros(0, dtype=np.int64)
    names = list(kinds)
    unknown = (
        sorted(set(frame["kind"]) - set(kinds))
        if study.collateral and "default" not in study.collateral
        else []
    )
    if unknown:
        raise StudyError(
            [
                f"collateral: no terms for {', '.join(map(repr, unknown))}, which the tape holds; expected an entry for each "
                "kind, or one named default"
            ]
        )
    terms = [k if k in kinds else "default" for k in frame["kind"]]
    items["key"] = keys_of(frame["collateral_id"])
    items["index"] = _index_rows(study.market, list(frame["region"]), list(frame["kind"]))
    items["terms"] = [names.index(t) for t in terms]
    items["value"] = frame["appraisal_value"].fillna(0.0)
    items["liens"] = frame["prior_liens"].fillna(0.0)
    items["cap"] = frame["secured_cap"].fillna(math.inf)
    items["appraisal_error"] = [kinds[t].appraisal_error for t in terms]
    items["drift_volatility"] = [kinds[t].drift_volatility / math.sqrt(12.0) for t in terms]
    return items, frame["_loan"].to_numpy(dtype=np.int64)


def _lower_loans(table: LoanTable, study: Study, policy: np.ndarray) -> np.ndarray:
    """Return LOAN records in the order of the tape, without cohort, group and collateral."""
    frame = table.loans
    legal = study.legal
    valuation = pd.Timestamp(study.valuation_date)
    loans = np.zeros(len(frame), dtype=LOAN)
    loans["key"] = keys_of(frame["loan_id"])
    loans["borrower"] = keys_of(frame["borrower_id"])
    loans["policy"] = policy
    loans["stage"] = frame["stage"].map(lambda s: Stage[s.upper()].value)
    loans["arbitration_clause"] = frame["arbitration_clause"].astype(bool)
    loans["principal"] = frame["principal"]
    loans["other"] = frame["accrued_interest"] + frame["fees"]
    rate = frame["penalty_rate"].fillna(frame["contract_rate"]).fillna(0.0).to_numpy(dtype=np.float64)
    cap = math.inf if legal.accrual_cap is None else legal.accrual_cap
    loans["accrual"] = np.minimum(rate, cap) / 12.0
    loans["age"] = np.floor(frame["age_months"].to_numpy(dtype=np.float64))
    loans["responsiveness"] = frame["responsiveness"].fillna(1.0)
    elapsed = np.nan_to_num(_months_between(frame["stage_date"], valuation), nan=0.0)
    loans["stage_elapsed"] = np.maximum(elapsed, 0.0)

    # Without a recorded interruption the clock is taken to run from default: the prudent reading.
    age = pd.to_timedelta(frame["age_months"].to_numpy(dtype=np.float64) * DAYS_PER_MONTH, unit="D")
    default = (valuation - age).to_numpy()
    since = pd.to_datetime(frame["last_interruption_date"]).to_numpy()
    since = np.where(np.isnat(since), default, since)
    loans["limitation_left"] = limitation_left(
        legal.limitation, since, study.valuation_date, legal.limitation_long_stop_months, default
    )
    given = frame["limitation_left_months"].to_numpy(dtype=np.float64)
    loans["limitation_left"] = np.where(np.isnan(given), loans["limitation_left"], given)

    loans["window_left"] = math.inf
    judged = loans["stage"] == Stage.JUDGED
    if legal.enforcement_window_months is not None:
        opened = np.array(
            [0.0 if p.enforcement is None else p.enforcement.performance_window for p in study.policies]
        )
        left = opened[policy] + legal.enforcement_window_months - loans["stage_elapsed"]
        loans["window_left"][judged] = left[judged]

    filed = (loans["stage"] == Stage.LITIGATION) & (loans["stage_elapsed"] > 0.0)
    for i in np.unique(policy[filed]):
        litigation = study.policies[i].litigation
        if litigation is not None:
            at = filed & (policy == i)
            gone = probability_by(litigation.lawsuit.duration, loans["stage_elapsed"][at])
            loans["elapsed_probability"][at] = np.minimum(gone, 1.0 - 2.0**-20)

    guarantee = table.guarantors
    if len(guarantee):
        caps = guarantee.assign(cap=guarantee["cap"].fillna(math.inf)).groupby("loan_id")["cap"].sum()
        total = caps.reindex(frame["loan_id"]).to_numpy(dtype=np.float64)
        loans["guaranteed"] = ~np.isnan(total)
        loans["guarantee_cap"] = np.nan_to_num(total, nan=0.0, posinf=math.inf)
    return loans


def lower(study: Study, table: LoanTable) -> Model:
    """Return the model of `study` over the loans of `table`.

    Raises
    ------
    StudyError
        If a loan falls under no policy, or collateral under no index.
    """
    frame = table.loans
    horizon = study.simulation.horizon_months
    secured = frame["loan_id"].isin(table.collateral["loan_id"]).to_numpy()
    policy = policy_rows(study.policies, frame, secured)
    tables = QuantileTables()
    terms = lower_policies(study.policies, study.legal, study.valuation_date, tables)
    kinds = {**study.collateral}
    kinds.setdefault("default", CollateralTerms())
    auctions = lower_auctions(kinds, tables)

    loans = _lower_loans(table, study, policy)
    group_column = frame[study.simulation.group_by].astype(str)
    groups, group = np.unique(group_column.to_numpy(dtype=str), return_inverse=True)
    loans["group"] = group

    aged = np.array([depends_on_age(p.collection) for p in study.policies])
    collected = loans["stage"] == Stage.COLLECTION
    age = np.where(aged[policy] & collected, loans["age"].astype(np.int64), NO_AGE)
    labels = np.stack([policy, group, age, collected.astype(np.int64)], axis=1)
    cohort_rows, cohort = np.unique(labels, axis=0, return_inverse=True)
    loans["cohort"] = cohort.reshape(-1)

    tape_row = np.lexsort((loans["key"], loans["cohort"]))
    loans = loans[tape_row]
    begin = np.searchsorted(loans["cohort"], np.arange(len(cohort_rows) + 1))
    sorted_row = pd.Series(np.arange(len(loans)), index=frame["loan_id"].to_numpy()[tape_row])
    items, owner = _lower_items(table, study, kinds, sorted_row)
    loans["item_begin"] = np.searchsorted(owner, np.arange(len(loans)), side="left")
    loans["item_end"] = np.searchsorted(owner, np.arange(len(loans)), side="right")
    if len(loans) and int((loans["item_end"] - loans["item_begin"]).max()) > MAX_ITEMS:
        raise StudyError([f"tape: a loan has more than {MAX_ITEMS} collateral items; expected fewer"])

    return Model(
        package=Package(loans, items, terms, auctions, lower_fees(study.legal), tables.tables()),
        cohorts=stack_cohorts([p.collection for p in study.policies], cohort_rows, begin, horizon),
        tape_row=tape_row,
        groups=tuple(str(g) for g in groups),
        # Added in the order of the kernel's loans, so that the order of the tape cannot show.
        group_gbv=np.bincount(
            loans["group"], weights=loans["principal"] + loans["other"], minlength=len(groups)
        ),
        loading=np.array([p.collection.cooperation_loading for p in study.policies]),
        sale_loading=np.array(
            [0.0 if p.sale is None else p.sale.cooperation_loading for p in study.policies]
        ),
        horizon=horizon,
    )
