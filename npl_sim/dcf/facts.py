"""Tape data of the second method: plain arrays, one value a loan, item or guarantor."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.errors import StudyError
from npl_sim.dcf import law
from npl_sim.dcf.clocks import time_left
from npl_sim.market.spec import Market
from npl_sim.policy.enforcement import CollateralTerms
from npl_sim.policy.policy import AppliesTo
from npl_sim.tape.id_keys import order_column
from npl_sim.tape.names import kind_and_place, normal_name, terms_name
from npl_sim.tape.seizures import seized_by_others

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


@dataclass(frozen=True)
class Loans:
    """Facts of the loans, in the order of the tape; times in months, rates a month."""

    policy: np.ndarray
    stage: np.ndarray
    principal: np.ndarray
    other: np.ndarray
    rate: np.ndarray
    age: np.ndarray
    responsiveness: np.ndarray
    limitation_left: np.ndarray
    stop_left: np.ndarray
    window_left: np.ndarray
    elapsed: np.ndarray
    clause: np.ndarray
    debtors: np.ndarray
    capacity: np.ndarray
    region: np.ndarray
    debtor_claims: np.ndarray
    debtor_age: np.ndarray

    @property
    def claim(self) -> np.ndarray:
        """Claim at the valuation date. [package currency]"""
        return np.asarray(self.principal + self.other)

    def take(self, rows: np.ndarray) -> Loans:
        """Return some of the loans."""
        return Loans(**{name: value[rows] for name, value in vars(self).items()})


@dataclass(frozen=True)
class Items:
    """Collateral by loan and position, in the order of rank and id; no item has empty `terms`."""

    terms: np.ndarray
    index: np.ndarray
    value: np.ndarray
    liens: np.ndarray
    cap: np.ndarray
    error: np.ndarray
    seizure_only: np.ndarray

    @property
    def most(self) -> int:
        """Most items that one loan has."""
        return self.value.shape[1]


@dataclass(frozen=True)
class Guarantors:
    """Guarantors by loan and position; a cap of NaN where there is none."""

    cap: np.ndarray
    broken: np.ndarray = field(repr=False)
    """Whether the guarantor is a borrower of the package, thus in default."""


@dataclass(frozen=True)
class Package:
    """Loans of a package with their collateral, guarantors and wait in the court queue."""

    loans: Loans
    items: Items
    guarantors: Guarantors
    collateral: dict[str, CollateralTerms]
    """Terms by kind of collateral."""
    wait: np.ndarray
    """Wait of each loan's case in the court queue, shape (loans,). [months]"""

    def take(self, rows: np.ndarray) -> Package:
        """Return some of the loans."""
        return Package(
            self.loans.take(rows),
            Items(**{name: value[rows] for name, value in vars(self.items).items()}),
            Guarantors(self.guarantors.cap[rows], self.guarantors.broken[rows]),
            self.collateral,
            self.wait[rows],
        )


def package_of(study: Study, table: LoanTable) -> Package:
    """Return the loans of a tape, with an empty court queue."""
    loans = loans_of(study, table)
    items = items_of(study, table, loans.policy)
    kinds = {kind_and_place(k): v for k, v in study.collateral.items()}
    kinds.setdefault("default", CollateralTerms())
    wait = np.zeros(len(loans.policy))
    return Package(loans, items, guarantors_of(table), kinds, wait)


def _meets(rule: AppliesTo, loans: pd.DataFrame, secured: np.ndarray) -> np.ndarray:
    meets = np.ones(len(loans), dtype=bool)
    for column in ("product", "segment", "region", "stage"):
        if names := getattr(rule, f"{column}s"):
            values = loans[column].astype(str).to_numpy()
            meets &= np.isin(values, [normal_name(column, n) for n in names])
    gbv = loans["gbv"].to_numpy(dtype=np.float64)
    meets &= gbv >= rule.minimum_gbv
    if rule.maximum_gbv is not None:
        meets &= gbv <= rule.maximum_gbv
    if rule.loans:
        meets &= loans["loan_id"].isin(rule.loans).to_numpy()
    return meets if rule.secured is None else meets & (secured == rule.secured)


def _days_before(valuation: pd.Timestamp, dates: pd.Series) -> np.ndarray:
    return np.asarray(
        (valuation - pd.to_datetime(dates)).dt.total_seconds().to_numpy(dtype=np.float64) / 86400.0
    )


def loans_of(study: Study, table: LoanTable) -> Loans:
    """Return the facts of all loans of a tape.

    Raises
    ------
    StudyError
        If no policy applies to some loan.
    """
    frame, legal = table.loans, study.legal
    valuation = pd.Timestamp(study.valuation_date)
    numbers = {
        name: frame[name].to_numpy(dtype=np.float64)
        for name in ("principal", "accrued_interest", "fees", "age_months", "monthly_capacity")
    }
    secured = frame["loan_id"].isin(set(table.collateral["loan_id"])).to_numpy()
    policy = np.full(len(frame), -1)
    named_first = sorted(enumerate(study.policies), key=lambda pair: pair[1].rank)
    for i, terms in named_first:
        policy[(policy < 0) & _meets(terms.applies_to, frame, secured)] = i
    if (policy < 0).any():
        first = frame["loan_id"].iloc[int(np.flatnonzero(policy < 0)[0])]
        raise StudyError(
            [f"policies: no policy applies to loan {first!r}; expected one for every loan"]
        )

    rate = frame["penalty_rate"].where(frame["penalty_rate"].notna(), frame["contract_rate"])
    rate = rate.fillna(0.0).to_numpy(dtype=np.float64)
    rate = np.minimum(rate, math.inf if legal.accrual_cap is None else legal.accrual_cap) / 12.0
    other = numbers["accrued_interest"] + numbers["fees"]
    if study.tape.cut_off_date is not None:
        days = max(0, (study.valuation_date - study.tape.cut_off_date).days)
        other = other + numbers["principal"] * rate * days / law.MONTH

    age = numbers["age_months"]
    left, stop_left, window_left = time_left(study, frame, policy)
    debtor = frame["borrower_id"].to_numpy(dtype=object)
    claims = pd.Series(numbers["principal"] + other)
    elapsed = np.nan_to_num(_days_before(valuation, frame["stage_date"]), nan=0.0) / law.MONTH
    return Loans(
        policy=policy,
        stage=frame["stage"].astype(str).to_numpy(),
        principal=numbers["principal"],
        other=other,
        rate=rate,
        age=np.floor(age),
        responsiveness=frame["responsiveness"].fillna(1.0).to_numpy(dtype=np.float64),
        limitation_left=left,
        stop_left=stop_left,
        window_left=window_left,
        elapsed=np.maximum(elapsed, 0.0),
        clause=frame["arbitration_clause"].astype(bool).to_numpy(),
        debtors=np.floor(frame["joint_debtors"].fillna(1.0).to_numpy(dtype=np.float64)),
        capacity=numbers["monthly_capacity"],
        region=frame["region"].astype(str).to_numpy(),
        debtor_claims=claims.groupby(debtor).transform("sum").to_numpy(),
        debtor_age=pd.Series(np.floor(age)).groupby(debtor).transform("max").to_numpy(),
    )


def _index_of(market: Market, region: str, kind: str) -> int:
    names = [
        (normal_name("region", i.region), normal_name("kind", i.kind)) for i in market.indices
    ]
    for wanted in ((region, kind), ("*", kind), (region, "*"), ("*", "*")):
        if wanted in names:
            return names.index(wanted)
    raise StudyError(
        [f"market.indices: no index covers {kind!r} in region {region!r}; expected one"]
    )


def _by_owner(
    table: LoanTable, frame: pd.DataFrame, columns: list[str]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, tuple[int, int]]:
    """Return rows by loan and columns, their loan and position under it, and the shape."""
    row = pd.Series(np.arange(len(table.loans)), index=table.loans["loan_id"].to_numpy())
    frame = frame.assign(owner=row.reindex(frame["loan_id"]).to_numpy())
    frame = frame.sort_values(["owner", *columns], kind="stable")
    owner = frame["owner"].to_numpy(dtype=np.int64)
    at = np.arange(len(owner)) - np.searchsorted(owner, owner)
    return frame, owner, at, (len(table.loans), int(at.max()) + 1 if len(at) else 0)


def _ahead(study: Study, frame: pd.DataFrame, value: np.ndarray, policy: np.ndarray) -> np.ndarray:
    """Return what is paid before our claim on each item: prior liens, and earlier seizures."""
    others = frame["other_claims"].to_numpy(dtype=np.float64)
    others = np.where(np.isnan(others), value, others)
    rules = [study.legal.distribution_of(p.debtor_type) for p in study.policies]
    by_order = np.array([rule == "seizure_order" for rule in rules], dtype=bool)[policy]
    later = seized_by_others(frame["seized_by"]) & frame["seizure_only"].to_numpy(dtype=bool)
    liens = frame["prior_liens"].fillna(0.0).to_numpy(np.float64)
    return np.asarray(liens + np.where(later & by_order, others, 0.0))


def items_of(study: Study, table: LoanTable, policy: np.ndarray) -> Items:
    """Return the collateral of a tape.

    Parameters
    ----------
    study, table
        The study and its loans.
    policy
        Row of the policy of each loan.

    Raises
    ------
    StudyError
        If a kind has no terms or no index.
    """
    columns = ["lien_rank", order_column(table.collateral, "collateral_id")]
    frame, owner, at, shape = _by_owner(table, table.collateral, columns)
    terms = np.full(shape, "", dtype=object)
    kinds = {kind_and_place(k): v for k, v in study.collateral.items()}
    places = list(zip(frame["kind"].astype(str), frame["region"].astype(str), strict=True))
    unknown = sorted({kind for kind, region in places if terms_name(kinds, kind, region) is None})
    if study.collateral and unknown:
        raise StudyError(
            [f"collateral: no terms for {', '.join(map(repr, unknown))}; expected an entry"]
        )
    names = [terms_name(kinds, *place) or "default" for place in places]
    item_terms = [kinds.get(n, CollateralTerms()) for n in names]
    years = _days_before(pd.Timestamp(study.valuation_date), frame["appraisal_date"]) / (
        12.0 * law.MONTH
    )
    years = np.maximum(np.nan_to_num(years, nan=0.0), 0.0)
    growth = np.array([w.past_growth for w in item_terms])
    squares = np.array([w.appraisal_error**2 for w in item_terms]) + years * np.array(
        [w.aging_volatility**2 for w in item_terms]
    )

    def by_position(values: np.ndarray, empty: float) -> np.ndarray:
        whole = np.full(shape, empty)
        whole[owner, at] = values
        return whole

    terms[owner, at] = names
    pairs = zip(frame["region"].astype(str), frame["kind"].astype(str), strict=True)
    index = np.array([_index_of(study.market, r, k) for r, k in pairs], dtype=np.float64)
    value = frame["appraisal_value"].fillna(0.0).to_numpy(np.float64) * np.exp(growth * years)
    return Items(
        terms=terms,
        index=by_position(index, 0.0).astype(np.int64),
        value=by_position(value, 0.0),
        liens=by_position(_ahead(study, frame, value, policy[owner]), 0.0),
        cap=by_position(frame["secured_cap"].fillna(math.inf).to_numpy(np.float64), 0.0),
        error=by_position(np.sqrt(squares), 0.0),
        seizure_only=by_position(frame["seizure_only"].to_numpy(np.float64), 0.0) > 0.0,
    )


def guarantors_of(table: LoanTable) -> Guarantors:
    """Return the guarantors of a tape."""
    columns = [order_column(table.guarantors, "guarantor_id")]
    frame, owner, at, shape = _by_owner(table, table.guarantors, columns)
    cap, broken = np.full(shape, math.nan), np.zeros(shape, dtype=bool)
    cap[owner, at] = frame["cap"].fillna(math.inf).to_numpy(np.float64)
    broken[owner, at] = frame["guarantor_id"].isin(set(table.loans["borrower_id"])).to_numpy()
    return Guarantors(cap, broken)
