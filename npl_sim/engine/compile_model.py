"""From words to numbers: a study and a loan table become the read-only arrays of the kernel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.errors import StudyError
from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.core.layout import GUARANTOR, ITEM, LOAN, MAX_ITEMS, Stage
from npl_sim.core.provenance import keys_of
from npl_sim.engine.clocks import months_left
from npl_sim.engine.collection_tables import NO_AGE, depends_on_age, stack_tables
from npl_sim.engine.court_queue import court_queues
from npl_sim.engine.pilot_runs import Pilot, passes_npv_tests, write_pilot_prices
from npl_sim.engine.policy_rows import policy_rows
from npl_sim.engine.quantiles import QuantileTables, probability_by
from npl_sim.engine.terms import compile_assets, compile_auctions, compile_fees, compile_policies
from npl_sim.kernels.context import CollectionTables, Package
from npl_sim.market.factors import cooperation_law
from npl_sim.market.spec import Market
from npl_sim.policy.distributions import Duration
from npl_sim.policy.enforcement import CollateralTerms
from npl_sim.policy.restructuring import first_instalment
from npl_sim.tape.id_keys import keys_in, order_column
from npl_sim.tape.names import normal_name
from npl_sim.tape.parsed import among

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Model", "index_rows", "compile_model", "missing_terms"]


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
    desks
        Policy and group of each row of the placements' totals.
    loading, sale_loading
        Loadings of the policies on the cooperation factor, shape (policies,).
    horizon
        Months simulated.
    """

    package: Package
    collection: CollectionTables
    tape_row: np.ndarray
    groups: tuple[str, ...]
    group_gbv: np.ndarray
    placements: tuple[tuple[int, int], ...]
    loading: np.ndarray
    sale_loading: np.ndarray
    horizon: int


def _months_between(earlier: pd.Series, later: pd.Timestamp) -> np.ndarray:
    """Return the months from each date to `later`; NaN where there is no date."""
    return ((later - pd.to_datetime(earlier)).dt.days / DAYS_PER_MONTH).to_numpy(dtype=np.float64)


def _coded(texts: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return the number of each text among all that occur, and these in order."""
    codes, found = pd.factorize(texts.astype(str).to_numpy(object))
    names = sorted(map(str, found))
    at = {name: n for n, name in enumerate(names)}
    return np.array([at[str(name)] for name in found], dtype=np.int64)[codes], names


def _labels(
    policy: np.ndarray, group: np.ndarray, age: np.ndarray, collected: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows (policy, group, age, collected) that occur, in order, and the row of each loan."""
    # One whole number for each row, in the same order, is quicker to sort than rows.
    columns = [policy, group, age, collected.astype(np.int64)]
    lows = [int(column.min(initial=0)) for column in columns]
    sizes = [
        int(column.max(initial=0)) - low + 1 for column, low in zip(columns, lows, strict=True)
    ]
    code = np.zeros(len(policy), dtype=np.int64)
    for column, low, size in zip(columns, lows, sizes, strict=True):
        code = code * size + (column - low)
    found, label = np.unique(code, return_inverse=True)
    rows = np.empty((len(found), len(columns)), dtype=np.int64)
    for n in range(len(columns) - 1, -1, -1):
        rows[:, n] = found % sizes[n] + lows[n]
        found = found // sizes[n]
    return rows, label.reshape(-1)


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
    faults = [
        f"market.indices: no index covers {kind!r} in region {region!r}; expected one, or one with "
        'region "*" and kind "*"'
        for (region, kind), row in seen.items()
        if row < 0
    ]
    if faults:
        raise StudyError(faults)
    return rows


def missing_terms(study: Study, found: Iterable[str]) -> tuple[str, ...]:
    """Return the fault of a study whose collateral terms lack kinds that the tape holds; empty: none lacks.

    Parameters
    ----------
    study
        The study.
    found
        Kinds of collateral on the tape.
    """
    known = {normal_name("kind", k) for k in study.collateral}
    unknown = (
        sorted(set(found) - known)
        if study.collateral and "default" not in study.collateral
        else []
    )
    if not unknown:
        return ()
    return (
        f"collateral: no terms for {', '.join(map(repr, unknown))}, which the tape holds; expected an entry for each "
        "kind, or one named default",
    )


def _lower_items(
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
    lacking = missing_terms(study, frame["kind"])
    if lacking:
        raise StudyError(lacking)
    terms = [k if k in kinds else "default" for k in frame["kind"]]
    items["key"] = keys_in(frame, "collateral_id")
    items["index"] = index_rows(study.market, list(frame["region"]), list(frame["kind"]))
    items["terms"] = [names.index(t) for t in terms]
    years = _months_between(frame["appraisal_date"], pd.Timestamp(study.valuation_date)) / 12.0
    years = np.maximum(np.nan_to_num(years, nan=0.0), 0.0)
    growth = np.array([kinds[t].past_growth for t in terms])
    items["value"] = frame["appraisal_value"].fillna(0.0) * np.exp(growth * years)
    items["liens"] = frame["prior_liens"].fillna(0.0)
    items["cap"] = frame["secured_cap"].fillna(math.inf)
    error = np.array([kinds[t].appraisal_error for t in terms])
    ageing = np.array([kinds[t].ageing for t in terms])
    items["appraisal_error"] = np.sqrt(error**2 + ageing**2 * years)
    owner = frame["_loan"].to_numpy(dtype=np.int64)
    seized = loans["stage"][owner] == Stage.ENFORCEMENT
    for name in {t for t, s in zip(terms, seized, strict=True) if s}:
        at = seized & (np.array(terms) == name)
        items["elapsed_probability"][at] = _gone(
            kinds[name].seizure, loans["stage_elapsed"][owner[at]]
        )
    items["drift_volatility"] = [kinds[t].drift_volatility / math.sqrt(12.0) for t in terms]
    return items, owner


def _gone(duration: Duration, elapsed: np.ndarray) -> np.ndarray:
    """Return the probability that a stage under way would have ended by now."""
    return np.where(
        elapsed > 0.0, np.minimum(probability_by(duration, elapsed), 1.0 - 2.0**-20), 0.0
    )


def _lower_guarantors(
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
            1.0 if p.enforcement is None else p.enforcement.guarantor_in_default
            for p in study.policies
        ]
    )
    records["factor"] = np.where(broken, factor[loans["policy"][owner]], 1.0)
    return records, owner


def _offered(frame: pd.DataFrame, study: Study, loans: np.ndarray) -> np.ndarray:
    """Return which loans may be offered a plan: large enough, and within the borrower's capacity."""
    offered = np.zeros(len(loans), dtype=bool)
    claim = loans["principal"] + loans["interest_and_fees"]
    capacity = frame["monthly_capacity"].to_numpy(dtype=np.float64)
    for i, policy in enumerate(study.policies):
        offer = policy.restructuring
        if offer is None:
            continue
        fits = claim >= offer.minimum_claim
        if offer.capacity_share is not None:
            affordable = first_instalment(offer, claim) <= offer.capacity_share * capacity
            fits &= np.where(np.isnan(capacity), offer.unknown_capacity == "offer", affordable)
        offered |= fits & (loans["policy"] == i)
    return offered


def _lower_loans(table: LoanTable, study: Study, policy: np.ndarray) -> np.ndarray:
    """Return LOAN records in the order of the tape, without cohort, group and collateral."""
    frame = table.loans
    legal = study.legal
    valuation = pd.Timestamp(study.valuation_date)
    loans = np.zeros(len(frame), dtype=LOAN)
    loans["key"] = keys_in(frame, "loan_id")
    loans["borrower"] = keys_in(frame, "borrower_id")
    loans["policy"] = policy
    stage, names = _coded(frame["stage"])
    loans["stage"] = np.array([Stage[name.upper()].value for name in names])[stage]
    loans["arbitration_clause"] = frame["arbitration_clause"].astype(bool)
    loans["principal"] = frame["principal"]
    loans["interest_and_fees"] = frame["accrued_interest"] + frame["fees"]
    rate = (
        frame["penalty_rate"].fillna(frame["contract_rate"]).fillna(0.0).to_numpy(dtype=np.float64)
    )
    cap = math.inf if legal.accrual_cap is None else legal.accrual_cap
    loans["accrual"] = np.minimum(rate, cap) / 12.0
    if study.tape.cut_off_date is not None:
        # The tape's balances are those of the cut-off date; interest has run since.
        since = max(0, (study.valuation_date - study.tape.cut_off_date).days) / DAYS_PER_MONTH
        loans["interest_and_fees"] += loans["principal"] * loans["accrual"] * since
    groups = frame["group_id"].astype(str).to_numpy(dtype=object)
    named = groups != ""
    loans["group_key"][named] = keys_in(frame[named], "group_id")
    region, names = _coded(frame["region"])
    loans["region_key"] = keys_of(names)[region]
    loans["debtors"] = np.floor(frame["joint_debtors"].fillna(1.0))
    loans["age"] = np.floor(frame["age_months"].to_numpy(dtype=np.float64))
    loans["responsiveness"] = frame["responsiveness"].fillna(1.0)
    elapsed = np.nan_to_num(_months_between(frame["stage_date"], valuation), nan=0.0)
    loans["stage_elapsed"] = np.maximum(elapsed, 0.0)

    judged = loans["stage"] == Stage.JUDGED
    left = months_left(study, frame, policy, loans["stage_elapsed"])
    for name, months in zip(
        ("limitation_left", "long_stop_left", "window_left"), left, strict=True
    ):
        loans[name] = months

    filed = (loans["stage"] == Stage.LITIGATION) & (loans["stage_elapsed"] > 0.0)
    for i in np.unique(policy[filed]):
        litigation = study.policies[i].litigation
        if litigation is not None:
            at = filed & (policy == i)
            loans["elapsed_probability"][at] = _gone(
                litigation.lawsuit.duration, loans["stage_elapsed"][at]
            )
    for i in np.unique(policy[judged]):
        enforcement = study.policies[i].enforcement
        if enforcement is not None:
            at = judged & (policy == i)
            loans["elapsed_probability"][at] = _gone(
                enforcement.perform_delay, loans["stage_elapsed"][at]
            )
    loans["offered"] = _offered(frame, study, loans)
    return loans


def _placements(
    study: Study, table_rows: np.ndarray
) -> tuple[tuple[tuple[int, int], ...], np.ndarray]:
    """Return the pairs of policy and group whose totals contracts ask for, and the row of each cohort."""
    asked = {
        i for i, p in enumerate(study.policies) if any(a.contract for a in p.collection.agencies)
    }
    placements = sorted(
        {(int(p), int(g)) for p, g, _, collected in table_rows if collected and int(p) in asked}
    )
    rows = {pair: n for n, pair in enumerate(placements)}
    of = [rows.get((int(p), int(g)), -1) if collected else -1 for p, g, _, collected in table_rows]
    return tuple(placements), np.array(of, dtype=np.int64)


def compile_model(study: Study, table: LoanTable, pilot: Pilot | None = None) -> Model:
    """Return the model of `study` over the loans of `table`.

    Parameters
    ----------
    study, table
        What is assumed of which loans.
    pilot
        Estimates of a pilot run, where the study asks for one. Without them loans sold at their remaining
        value fetch nothing, and every plan passes its test.

    Raises
    ------
    StudyError
        If a loan falls under no policy, or collateral under no index.
    """
    frame = table.loans
    horizon = study.simulation.horizon_months
    secured = among(frame["loan_id"], table.collateral["loan_id"].to_numpy(object))
    policy = policy_rows(study.policies, frame, secured)
    tables = QuantileTables()
    terms = compile_policies(
        study.policies,
        study.legal,
        study.valuation_date,
        study.market,
        study.pricing.required_return,
        tables,
    )
    assets = compile_assets(study.policies, terms, tables)
    if pilot is not None:
        write_pilot_prices(study.policies, pilot, terms)
    kinds = {normal_name("kind", k): terms for k, terms in study.collateral.items()}
    kinds.setdefault("default", CollateralTerms())
    auctions = compile_auctions(kinds, tables)

    loans = _lower_loans(table, study, policy)
    if pilot is not None:
        loans["offered"] &= passes_npv_tests(study.policies, pilot, loans, table)
    if study.market.courts is not None:
        loans["court_queue"] = court_queues(
            loans, terms, frame["region"], study.market.courts, horizon
        )
    group, groups = _coded(frame[study.simulation.group_by])
    loans["group"] = group

    aged = np.array([depends_on_age(p.collection) for p in study.policies])
    collected = loans["stage"] == Stage.COLLECTION
    age = np.where(aged[policy] & collected, loans["age"].astype(np.int64), NO_AGE)
    table_rows, cohort = _labels(policy, group, age, collected)
    loans["collection_table"] = cohort

    tape_row = np.lexsort((loans["key"], loans["collection_table"]))
    loans = loans[tape_row]
    begin = np.searchsorted(loans["collection_table"], np.arange(len(table_rows) + 1))
    sorted_row = pd.Series(np.arange(len(loans)), index=frame["loan_id"].to_numpy()[tape_row])
    items, owner = _lower_items(table, study, kinds, sorted_row, loans)
    loans["item_begin"] = np.searchsorted(owner, np.arange(len(loans)), side="left")
    loans["item_end"] = np.searchsorted(owner, np.arange(len(loans)), side="right")
    guarantors, backed = _lower_guarantors(table, study, sorted_row, loans)
    loans["guarantor_begin"] = np.searchsorted(backed, np.arange(len(loans)), side="left")
    loans["guarantor_end"] = np.searchsorted(backed, np.arange(len(loans)), side="right")
    if len(loans) and int((loans["item_end"] - loans["item_begin"]).max()) > MAX_ITEMS:
        raise StudyError(
            [f"tape: a loan has more than {MAX_ITEMS} collateral items; expected fewer"]
        )

    placements, placement_of = _placements(study, table_rows)
    return Model(
        package=Package(
            loans,
            items,
            guarantors,
            assets,
            terms,
            auctions,
            compile_fees(study.legal),
            tables.tables(),
        ),
        collection=stack_tables(
            [p.collection for p in study.policies],
            table_rows,
            begin,
            placement_of,
            horizon,
            cooperation_law(study.market, study.stress, horizon),
        ),
        tape_row=tape_row,
        groups=tuple(str(g) for g in groups),
        # Added in the order of the kernel's loans, so that the order of the tape cannot show.
        group_gbv=np.bincount(
            loans["group"],
            weights=frame["gbv"].to_numpy(dtype=np.float64)[tape_row],
            minlength=len(groups),
        ),
        placements=placements,
        loading=np.array([p.collection.cooperation_loading for p in study.policies]),
        sale_loading=np.array(
            [0.0 if p.sale is None else p.sale.cooperation_loading for p in study.policies]
        ),
        horizon=horizon,
    )
