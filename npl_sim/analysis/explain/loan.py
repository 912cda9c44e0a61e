"""Explanation of one loan: its figures, then a run of the engine on the loan alone.

The random numbers of a loan depend on its ids and not on other loans. So the paths shown here are
those of the loan in the whole package.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.analysis.explain.collateral_steps import collateral
from npl_sim.analysis.explain.dates import dates, worth_nothing
from npl_sim.analysis.explain.insolvency_steps import insolvency
from npl_sim.analysis.explain.outcome import example_path, outcome
from npl_sim.analysis.explain.steps import enforcement, litigation, money, percent
from npl_sim.core.caller import argument
from npl_sim.core.errors import NplSimError, quoted
from npl_sim.core.layout import Stage
from npl_sim.engine.compile_model import Model
from npl_sim.engine.isolate_loan import isolate_loan
from npl_sim.engine.pilot_runs import run_pilot
from npl_sim.engine.simulate import record_paths, simulate
from npl_sim.kernels.collection import filing_month
from npl_sim.tape.id_keys import order_column
from npl_sim.tape.unmodeled import find_unmodeled

if TYPE_CHECKING:
    from npl_sim.policy.policy import Policy
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


MOST_SCENARIOS = 2000


def explain(study: Study, table: LoanTable, loan_id: str) -> str:
    """Return the explanation of a loan under a study, as plain text.

    Parameters
    ----------
    study
        The study.
    table
        Its tape.
    loan_id
        Id of a loan that is priced.

    Raises
    ------
    NplSimError
        If there is no such loan, or it is in quarantine.
    """
    _must_be_there(table, loan_id)
    scenarios = min(study.simulation.scenarios, MOST_SCENARIOS)
    simulation = study.simulation.model_copy(update={"scenarios": scenarios, "detail": "kinds"})
    study = study.model_copy(update={"simulation": simulation})
    pilot = run_pilot(study, table, record_paths)
    alone, model = isolate_loan(study, table, loan_id, pilot)
    flows = simulate(study, alone, model=model)
    policy = study.policies[int(model.package.loans[0]["policy"])]
    sections = [
        _facts(study, alone, model),
        _not_modeled(study, alone),
        dates(study, alone, model),
        worth_nothing(study, alone, model),
        _policy(policy),
        _collection(policy, model),
        _restructuring(policy, model),
        litigation(study, policy, model),
        enforcement(policy, model),
        collateral(study, alone, policy, model),
        insolvency(policy, model),
        _exit(study, policy),
        outcome(flows),
        example_path(flows),
    ]
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _must_be_there(table: LoanTable, loan_id: str) -> None:
    known = list(table.loans["loan_id"])
    if loan_id not in known:
        near = difflib.get_close_matches(loan_id, known, n=3, cutoff=0.6)
        hint = f"; near ids: {', '.join(map(quoted, near))}" if near else ""
        raise NplSimError(
            f"{argument('loan')}: got {quoted(loan_id)}; expected the loan_id of a "
            f"priced loan of the tape{hint}"
        )


def _facts(study: Study, table: LoanTable, model: Model) -> Iterator[str]:
    row, loan = table.loans.iloc[0], model.package.loans[0]
    claim = float(loan["principal"] + loan["interest_and_fees"])
    yield (
        f"Loan {row['loan_id']} of borrower {row['borrower_id']}, valued at "
        f"{study.valuation_date} in {study.currency}"
    )
    yield (
        f"  {row['product']} in {row['region']}, {loan['age']:.0f} months since default, "
        f"in stage {row['stage']}"
    )
    yield (
        f"  claim {money(claim)} = principal {money(loan['principal'])} + interest and fees "
        f"{money(loan['interest_and_fees'])}; interest runs at "
        f"{percent(12 * float(loan['accrual']))} a year on principal"
    )
    if loan["debtors"] > 1:
        yield f"  {loan['debtors']} joint debtors"
    if loan["group_key"] != 0:
        yield f"  group of connected borrowers: {row['group_id']}"
    names = table.guarantors.sort_values(order_column(table.guarantors, "guarantor_id"))[
        "guarantor_id"
    ]
    for name, guarantor in zip(names, model.package.guarantors, strict=True):
        cap = "the whole claim" if math.isinf(guarantor["cap"]) else money(guarantor["cap"])
        own = "; in default on the tape too" if guarantor["factor"] != 1.0 else ""
        yield f"  guaranteed by {name} up to {cap}{own}"


def _not_modeled(study: Study, table: LoanTable) -> Iterator[str]:
    valuation = pd.Timestamp(study.valuation_date)
    found = find_unmodeled(table.loans, table.guarantors, valuation)
    if found:
        yield "On the tape, and not in the value below"
    for reading in found:
        yield f"  {reading.column}: {reading.read}; it may be that {reading.other}"


def _policy(policy: Policy) -> Iterator[str]:
    conditions = policy.applies_to.model_dump(exclude_defaults=True)
    why = "; ".join(
        f"{k} {v if not isinstance(v, tuple) else ', '.join(v)}" for k, v in conditions.items()
    )
    yield (
        f"Policy {policy.name!r} governs it: the first whose conditions the loan meets "
        f"({why or 'no conditions'})"
    )


def _collection(policy: Policy, model: Model) -> Iterator[str]:
    loan, tables = model.package.loans[0], model.collection
    terms = model.package.terms[loan["policy"]]
    if loan["stage"] != Stage.COLLECTION:
        return
    claim = float(loan["principal"] + loan["interest_and_fees"])
    filing = filing_month(loan, terms, claim)
    last = int(
        min(x for x in (tables.last[0], model.horizon, filing if filing >= 0 else model.horizon))
    )
    yield (
        f"Collection, months 1 to {last}"
        if last
        else "Collection: none, the loan goes straight on"
    )
    if last == 0:
        return
    hazard = tables.settle[0, 1 : last + 1] + tables.cure[0, 1 : last + 1]
    settles = float(tables.settle[0, 1 : last + 1].sum())
    yield (
        f"  settlement or cure by then for a borrower of average response: "
        f"{percent(1 - math.exp(-float(hazard.sum() * loan['responsiveness'])))}"
        + (
            f", {percent(settles / hazard.sum())} of these a settlement"
            if hazard.sum() > 0
            else ""
        )
    )
    yield (
        f"  a settlement grants a discount of {percent(tables.discount[0, 1])} in month 1 and "
        f"{percent(tables.discount[0, last])} in month {last}"
    )
    yield (
        f"  partial payments: {percent(float(tables.pay[0, 1 : last + 1].sum()))} of the claim on "
        f"average, by the {percent(policy.collection.payer_share)} of borrowers who pay at all"
    )
    yield f"  contacts cost {money(float(tables.cost[0, 1 : last + 1].sum()))} in all"
    for agency in policy.collection.agencies:
        if agency.from_month < last:
            until = min(last, agency.from_month + agency.months)
            yield (
                f"  months {agency.from_month + 1} to {until}: with {agency.name}, "
                f"commission {percent(float(tables.commission[0, until]))} of what is collected"
                + (
                    f", and the contract {agency.contract!r} on the placement's totals"
                    if agency.contract
                    else ""
                )
            )
    if policy.collection.promise is not None:
        promise = policy.collection.promise
        yield (
            f"  a settlement is promised {promise.months} months ahead, and "
            f"{percent(promise.kept_probability)} of promises are kept"
        )


def _restructuring(policy: Policy, model: Model) -> Iterator[str]:
    offer, loan = policy.restructuring, model.package.loans[0]
    claim = float(loan["principal"] + loan["interest_and_fees"])
    if offer is None or loan["stage"] != Stage.COLLECTION:
        return
    if not loan["offered"]:
        why = f"the claim is below {money(offer.minimum_claim)}"
        if claim >= offer.minimum_claim:
            why = (
                "the installment is above the borrower's capacity, or the loan is worth "
                "more without a plan"
            )
        yield f"Restructuring: not offered, {why}"
        return
    yield (
        f"Restructuring: offered at the end of month {offer.offer_month} if nothing else came "
        f"first, accepted with {percent(offer.acceptance_probability)}"
    )
    yield (
        f"  haircut {percent(offer.haircut)}, {offer.term} installments at {percent(offer.rate)} "
        f"a year after {offer.grace_months} months of grace, balloon {percent(offer.balloon)}; "
        f"redefault hazard {percent(offer.redefault_hazard)} a month"
    )


def _exit(study: Study, policy: Policy) -> Iterator[str]:
    horizon = study.simulation.horizon_months
    if policy.sale is not None and policy.sale.month <= horizon:
        yield (
            f"Exit: sold in month {policy.sale.month} if unresolved, at "
            f"{percent(policy.sale.unsecured_price)} of the unsecured and "
            f"{percent(policy.sale.secured_price)} of the secured claim before age and bulk "
            "discounts"
        )
    else:
        yield (
            f"Exit: at the horizon of {horizon} months {percent(policy.residual_share)} of "
            "the amount owed counts, the rest is written off"
        )
