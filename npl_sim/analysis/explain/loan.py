"""What can happen to one loan, and why: its own figures, then the real engine run on it alone.

A loan's random numbers hang on its ids and not on its neighbours, so the paths shown here are the
ones that the loan takes in the whole package.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.explain.dates import dates, worth_nothing
from npl_sim.analysis.explain.steps import collateral, enforcement, litigation, money, percent
from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.core.errors import NplSimError, quoted
from npl_sim.core.layout import Kind, Stage
from npl_sim.engine.compile_model import Model
from npl_sim.engine.isolate_loan import lower_single
from npl_sim.engine.pilot_runs import run_pilot
from npl_sim.engine.simulate import record_paths, simulate
from npl_sim.kernels.collection import filing_month
from npl_sim.stats.discount import discount_factors
from npl_sim.tape.id_keys import order_column
from npl_sim.tape.unmodeled import find_unmodeled

if TYPE_CHECKING:
    from npl_sim.policy.policy import Policy
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["explain"]

MOST_SCENARIOS = 2000


def explain(study: Study, table: LoanTable, loan_id: str) -> str:
    """Return what can happen to a loan under a study, as plain text.

    Parameters
    ----------
    study
        What is assumed.
    table
        The tape.
    loan_id
        Id of a loan that is priced.

    Raises
    ------
    NplSimError
        If there is no such loan, or it is in quarantine.
    """
    _must_be_there(table, loan_id)
    scenarios = min(study.simulation.scenarios, MOST_SCENARIOS)
    simulation = study.simulation.model_copy(update={"scenarios": scenarios, "keep": "kinds"})
    study = study.model_copy(update={"simulation": simulation})
    pilot = run_pilot(study, table, record_paths)
    alone, model = lower_single(study, table, loan_id, pilot)
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
        _exit(study, policy),
        _outcome(flows),
        _example(flows),
    ]
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _must_be_there(table: LoanTable, loan_id: str) -> None:
    known = list(table.loans["loan_id"])
    if loan_id not in known:
        near = difflib.get_close_matches(loan_id, known, n=3, cutoff=0.6)
        hint = f"; near ids: {', '.join(map(quoted, near))}" if near else ""
        raise NplSimError(
            f"--loan: got {quoted(loan_id)}; expected the loan_id of a priced loan of the tape{hint}"
        )


def _facts(study: Study, table: LoanTable, model: Model) -> Iterator[str]:
    row, loan = table.loans.iloc[0], model.package.loans[0]
    claim = float(loan["principal"] + loan["interest_and_fees"])
    yield f"Loan {row['loan_id']} of borrower {row['borrower_id']}, valued at {study.valuation_date} in {study.currency}"
    yield f"  {row['product']} in {row['region']}, {loan['age']:.0f} months since default, stands in {row['stage']}"
    yield (
        f"  claim {money(claim)} = principal {money(loan['principal'])} + interest and fees "
        f"{money(loan['interest_and_fees'])}; interest runs at {percent(12 * float(loan['accrual']))} a year on principal"
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
    found = find_unmodeled(table.loans, table.collateral, table.guarantors, valuation)
    if found:
        yield "On the tape, and not in the value below"
    for reading in found:
        yield f"  {reading.column}: {reading.read}; it may be that {reading.other}"


def _policy(policy: Policy) -> Iterator[str]:
    words = policy.applies_to.model_dump(exclude_defaults=True)
    why = "; ".join(
        f"{k} {v if not isinstance(v, tuple) else ', '.join(v)}" for k, v in words.items()
    )
    yield f"Policy {policy.name!r} governs it: the first whose conditions it meets ({why or 'no conditions'})"


def _collection(policy: Policy, model: Model) -> Iterator[str]:
    loan, terms, collection = (
        model.package.loans[0],
        model.package.terms[model.package.loans[0]["policy"]],
        model.collection,
    )
    if loan["stage"] != Stage.COLLECTION:
        return
    claim = float(loan["principal"] + loan["interest_and_fees"])
    filing = filing_month(loan, terms, claim)
    last = int(
        min(
            x
            for x in (collection.last[0], model.horizon, filing if filing >= 0 else model.horizon)
        )
    )
    yield (
        f"Collection, months 1 to {last}"
        if last
        else "Collection: none, the loan goes straight on"
    )
    if last == 0:
        return
    hazard = collection.settle[0, 1 : last + 1] + collection.cure[0, 1 : last + 1]
    settles = float(collection.settle[0, 1 : last + 1].sum())
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
        f"  a settlement grants a discount of {percent(collection.discount[0, 1])} in month 1 and "
        f"{percent(collection.discount[0, last])} in month {last}"
    )
    yield (
        f"  partial payments: {percent(float(collection.pay[0, 1 : last + 1].sum()))} of the claim on average, "
        f"by the {percent(policy.collection.payer_share)} of borrowers who pay at all"
    )
    yield f"  contacts cost {money(float(collection.cost[0, 1 : last + 1].sum()))} in all"
    for agency in policy.collection.agencies:
        if agency.from_month < last:
            until = min(last, agency.from_month + agency.months)
            yield (
                f"  months {agency.from_month + 1} to {until}: with {agency.name}, "
                f"commission {percent(float(collection.commission[0, until]))} of what is collected"
                + (
                    f", and the contract {agency.contract!r} on the placement's totals"
                    if agency.contract
                    else ""
                )
            )
    if policy.collection.promise is not None:
        promise = policy.collection.promise
        yield f"  a settlement is promised {promise.months} months ahead, and {percent(promise.kept)} of promises are kept"


def _restructuring(policy: Policy, model: Model) -> Iterator[str]:
    offer, loan = policy.restructuring, model.package.loans[0]
    claim = float(loan["principal"] + loan["interest_and_fees"])
    if offer is None or loan["stage"] != Stage.COLLECTION:
        return
    if not loan["offered"]:
        why = f"the claim is below {money(offer.minimum_claim)}"
        if claim >= offer.minimum_claim:
            why = "the instalment is beyond the borrower's capacity, or the loan is worth more without a plan"
        yield f"Restructuring: not offered, {why}"
        return
    yield (
        f"Restructuring: offered at the end of month {offer.offer_month} if nothing else came first, accepted with "
        f"{percent(offer.accept)}"
    )
    yield (
        f"  haircut {percent(offer.haircut)}, {offer.term} instalments at {percent(offer.rate)} a year after {offer.grace} "
        f"months of grace, balloon {percent(offer.balloon)}; redefault hazard {percent(offer.redefault_hazard)} a month"
    )


def _exit(study: Study, policy: Policy) -> Iterator[str]:
    horizon = study.simulation.horizon_months
    if policy.sale is not None and policy.sale.month <= horizon:
        yield (
            f"Exit: sold in month {policy.sale.month} if unresolved, at {percent(policy.sale.unsecured_price)} of the unsecured and "
            f"{percent(policy.sale.secured_price)} of the secured claim before age and bulk discounts"
        )
    else:
        yield f"Exit: at the horizon of {horizon} months {percent(policy.residual_share)} of what is owed counts, the rest is written off"


def _outcome(flows: PackageCash) -> Iterator[str]:
    loan = flows.loans.iloc[0]
    df = discount_factors(flows.discount_rate, flows.months, flows.cash_timing)
    pv = flows.net() @ df
    sample = flows.sample
    q05, q50, q95 = (sample.quantile(pv, level).value for level in (0.05, 0.5, 0.95))
    yield (
        f"Simulated over {flows.scenarios:,} scenarios of seed {flows.seed}, discounted at {percent(flows.discount_rate)} a year"
    )
    yield (
        f"  present value {money(loan['pv_mean'])} +- {money(loan['pv_se'])} (standard error), sd {money(loan['pv_sd'])}, "
        f"5/50/95 % quantiles {money(q05)} / {money(q50)} / {money(q95)}"
    )
    cash = f"{loan['months_to_cash']:.1f} months" if loan["received_mean"] > 0 else "never"
    yield (
        f"  receipts {money(loan['received_mean'])}, costs {money(loan['costs_mean'])}; anything received with "
        f"{percent(loan['p_any'])}; mean time to cash {cash}"
    )
    yield f"  {'kind of cash':<14}{'mean':>16}{'present value':>16}{'probability':>13}"
    for k, name in enumerate(flows.kinds):
        amounts = flows.flows[:, :, k, :].sum(axis=2)
        hit = sample.probability((amounts != 0.0).any(axis=1)).value
        mean, worth = (sample.mean(x).value for x in (amounts.sum(axis=1), amounts @ df))
        if hit > 0:
            yield f"  {name:<14}{money(mean):>16}{money(worth):>16}{percent(hit):>13}"
    months = sorted({m for m in (0, 6, 12, 24, 36, 60, flows.months) if m <= flows.months})
    yield "  share of paths in each stage at the end of month " + "".join(
        f"{m:>8}" for m in months
    )
    for stage in Stage:
        shares = flows.stage_gbv[stage, months] / max(float(loan["gbv"]), 1e-300)
        if shares.max() > 0:
            yield f"  {stage.name.lower():>49} " + "".join(f"{percent(s):>8}" for s in shares)


def _example(flows: PackageCash) -> Iterator[str]:
    df = discount_factors(flows.discount_rate, flows.months, flows.cash_timing)
    pv = flows.net() @ df
    middle = int(np.argsort(pv, kind="stable")[len(pv) // 2])
    yield f"A path near the median: scenario {middle}, present value {money(float(pv[middle]))}"
    path = flows.flows[middle].sum(axis=2)
    months, kinds = np.nonzero(path)
    if len(months) == 0:
        yield "  no cash at all"
    runs: list[list[float]] = []
    for m, k in sorted(
        zip(months.tolist(), kinds.tolist(), strict=True), key=lambda x: (x[1], x[0])
    ):
        same = (
            runs
            and runs[-1][0] == k
            and runs[-1][2] == m - 1
            and math.isclose(runs[-1][3], path[m, k], rel_tol=1e-9)
        )
        if same:
            runs[-1][2] = m
        else:
            runs.append([k, m, m, path[m, k]])
    for kind, first, last, amount in sorted(runs, key=lambda r: (r[1], r[0])):
        when = f"month {first}" if first == last else f"months {first} to {last}, each"
        yield f"  {when:<24}{Kind(int(kind)).name.lower():<14}{money(amount):>16}"
