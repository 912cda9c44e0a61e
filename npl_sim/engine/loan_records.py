"""Records of the loans for the kernel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.core.layout import LOAN, Stage
from npl_sim.core.provenance import keys_of
from npl_sim.engine.clocks import months_left
from npl_sim.engine.insolvency_records import enter_insolvency
from npl_sim.engine.stage_times import elapsed_probability, months_between
from npl_sim.policy.restructuring import first_installment
from npl_sim.tape.id_keys import keys_in

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


def coded(texts: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return the number of each text among all that occur, and these in order."""
    codes, found = pd.factorize(texts.astype(str).to_numpy(object))
    names = sorted(map(str, found))
    at = {name: n for n, name in enumerate(names)}
    return np.array([at[str(name)] for name in found], dtype=np.int64)[codes], names


def _offered(frame: pd.DataFrame, study: Study, loans: np.ndarray) -> np.ndarray:
    """Return the loans that may be offered a plan: large enough, and affordable."""
    offered = np.zeros(len(loans), dtype=bool)
    claim = loans["principal"] + loans["interest_and_fees"]
    capacity = frame["monthly_capacity"].to_numpy(dtype=np.float64)
    for i, policy in enumerate(study.policies):
        offer = policy.restructuring
        if offer is None:
            continue
        fits = claim >= offer.minimum_claim
        if offer.capacity_share is not None:
            affordable = first_installment(offer, claim) <= offer.capacity_share * capacity
            fits &= np.where(np.isnan(capacity), offer.unknown_capacity == "offer", affordable)
        offered |= fits & (loans["policy"] == i)
    return offered


def _enter_elapsed(loans: np.ndarray, study: Study, policy: np.ndarray) -> None:
    """Enter the probability that the stage of each loan would have ended by now."""
    judged = loans["stage"] == Stage.JUDGED
    filed = (loans["stage"] == Stage.LITIGATION) & (loans["stage_elapsed"] > 0.0)
    for i in np.unique(policy[filed]):
        litigation = study.policies[i].litigation
        if litigation is not None:
            at = filed & (policy == i)
            loans["elapsed_probability"][at] = elapsed_probability(
                litigation.lawsuit.duration, loans["stage_elapsed"][at]
            )
    for i in np.unique(policy[judged]):
        enforcement = study.policies[i].enforcement
        if enforcement is not None:
            at = judged & (policy == i)
            loans["elapsed_probability"][at] = elapsed_probability(
                enforcement.performance_delay, loans["stage_elapsed"][at]
            )


def compile_loans(table: LoanTable, study: Study, policy: np.ndarray) -> np.ndarray:
    """Return LOAN records in the order of the tape, without table, group and collateral."""
    frame = table.loans
    legal = study.legal
    valuation = pd.Timestamp(study.valuation_date)
    loans = np.zeros(len(frame), dtype=LOAN)
    loans["key"] = keys_in(frame, "loan_id")
    loans["borrower"] = keys_in(frame, "borrower_id")
    loans["policy"] = policy
    stage, names = coded(frame["stage"])
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
    region, names = coded(frame["region"])
    loans["region_key"] = keys_of(names)[region]
    loans["debtors"] = np.floor(frame["joint_debtors"].fillna(1.0))
    loans["age"] = np.floor(frame["age_months"].to_numpy(dtype=np.float64))
    loans["responsiveness"] = frame["responsiveness"].fillna(1.0)
    elapsed = np.nan_to_num(months_between(frame["stage_date"], valuation), nan=0.0)
    loans["stage_elapsed"] = np.maximum(elapsed, 0.0)

    left = months_left(study, frame, policy, loans["stage_elapsed"])
    for name, months in zip(
        ("limitation_left", "long_stop_left", "window_left"), left, strict=True
    ):
        loans[name] = months
    _enter_elapsed(loans, study, policy)
    enter_insolvency(loans, frame, study, loans["stage_elapsed"])
    loans["offered"] = _offered(frame, study, loans)
    return loans
