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
from npl_sim.analysis.explain.collection_steps import collection_steps
from npl_sim.analysis.explain.dates import dates, worth_nothing
from npl_sim.analysis.explain.enforcement_steps import enforcement
from npl_sim.analysis.explain.entries import entries
from npl_sim.analysis.explain.insolvency_steps import insolvency
from npl_sim.analysis.explain.outcome import example_path, outcome
from npl_sim.analysis.explain.steps import litigation, money, percent
from npl_sim.core.caller import argument
from npl_sim.core.errors import NplSimError, quoted
from npl_sim.core.language import gettext as _
from npl_sim.core.layout import Stage
from npl_sim.engine.compile_model import Model
from npl_sim.engine.isolate_loan import isolate_loan
from npl_sim.engine.pilot_runs import run_pilot
from npl_sim.engine.simulate import record_paths, simulate
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
        collection_steps(policy, model),
        _restructuring(policy, model),
        litigation(study, policy, model),
        enforcement(policy, model),
        collateral(study, alone, policy, model),
        insolvency(policy, model),
        _exit(study, policy),
        entries(study, alone, model, flows),
        outcome(flows),
        example_path(flows),
    ]
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _must_be_there(table: LoanTable, loan_id: str) -> None:
    known = list(table.loans["loan_id"])
    if loan_id not in known:
        near = difflib.get_close_matches(loan_id, known, n=3, cutoff=0.6)
        hint = (
            _("; near ids: {quoted}").format(quoted=", ".join(map(quoted, near))) if near else ""
        )
        raise NplSimError(
            f"{argument('loan')}: got {quoted(loan_id)}; expected the loan_id of a "
            f"priced loan of the tape{hint}"
        )


def _facts(study: Study, table: LoanTable, model: Model) -> Iterator[str]:
    row, loan = table.loans.iloc[0], model.package.loans[0]
    claim = float(loan["principal"] + loan["interest_and_fees"])
    yield (
        _(
            "Loan {loan_id} of borrower {borrower_id}, valued at {valuation_date} in {currency}"
        ).format(
            loan_id=row["loan_id"],
            borrower_id=row["borrower_id"],
            valuation_date=study.valuation_date,
            currency=study.currency,
        )
    )
    yield (
        _("  {product} in {region}, {age:.0f} months since default, in stage {stage}").format(
            product=row["product"], region=row["region"], age=loan["age"], stage=row["stage"]
        )
    )
    yield (
        _(
            "  claim {claim} = principal {principal} + interest and fees "
            "{interest_and_fees}; interest runs at {accrual} a year on principal"
        ).format(
            claim=money(claim),
            principal=money(loan["principal"]),
            interest_and_fees=money(loan["interest_and_fees"]),
            accrual=percent(12 * float(loan["accrual"])),
        )
    )
    if loan["debtors"] > 1:
        yield _("  {debtors} joint debtors").format(debtors=loan["debtors"])
    if loan["group_key"] != 0:
        yield _("  group of connected borrowers: {group_id}").format(group_id=row["group_id"])
    names = table.guarantors.sort_values(order_column(table.guarantors, "guarantor_id"))[
        "guarantor_id"
    ]
    for name, guarantor in zip(names, model.package.guarantors, strict=True):
        cap = _("the whole claim") if math.isinf(guarantor["cap"]) else money(guarantor["cap"])
        own = _("; in default on the tape too") if guarantor["factor"] != 1.0 else ""
        yield _("  guaranteed by {name} up to {cap}{own}").format(name=name, cap=cap, own=own)


def _not_modeled(study: Study, table: LoanTable) -> Iterator[str]:
    valuation = pd.Timestamp(study.valuation_date)
    found = find_unmodeled(table.loans, table.guarantors, valuation)
    if found:
        yield _("On the tape, and not in the value below")
    for reading in found:
        yield _("  {column}: {read}; it may be that {other}").format(
            column=reading.column, read=reading.read, other=reading.other
        )


def _policy(policy: Policy) -> Iterator[str]:
    conditions = policy.applies_to.model_dump(exclude_defaults=True)
    why = "; ".join(
        f"{k} {v if not isinstance(v, tuple) else ', '.join(v)}" for k, v in conditions.items()
    )
    yield (
        _(
            "Policy {policy!r} governs it: the first whose conditions the loan meets ({why})"
        ).format(policy=policy.name, why=why or "no conditions")
    )


def _restructuring(policy: Policy, model: Model) -> Iterator[str]:
    offer, loan = policy.restructuring, model.package.loans[0]
    claim = float(loan["principal"] + loan["interest_and_fees"])
    if offer is None or loan["stage"] != Stage.COLLECTION:
        return
    if not loan["offered"]:
        why = _("the claim is below {minimum_claim}").format(
            minimum_claim=money(offer.minimum_claim)
        )
        if claim >= offer.minimum_claim:
            why = _(
                "the installment is above the borrower's capacity, or the loan is worth "
                "more without a plan"
            )
        yield _("Restructuring: not offered, {why}").format(why=why)
        return
    yield (
        _(
            "Restructuring: offered at the end of month {offer_month} if nothing else "
            "came first, accepted with {acceptance_probability}"
        ).format(
            offer_month=offer.offer_month,
            acceptance_probability=percent(offer.acceptance_probability),
        )
    )
    yield (
        _(
            "  haircut {haircut}, {term} installments at {rate} a year after "
            "{grace_months} months of grace, balloon {balloon}; redefault hazard "
            "{redefault_hazard} a month"
        ).format(
            haircut=percent(offer.haircut),
            term=offer.term,
            rate=percent(offer.rate),
            grace_months=offer.grace_months,
            balloon=percent(offer.balloon),
            redefault_hazard=percent(offer.redefault_hazard),
        )
    )


def _exit(study: Study, policy: Policy) -> Iterator[str]:
    horizon = study.simulation.horizon_months
    if policy.sale is not None and policy.sale.month <= horizon:
        yield (
            _(
                "Exit: sold in month {month} if unresolved, at {unsecured_price} of the "
                "unsecured and {secured_price} of the secured claim before age and bulk "
                "discounts"
            ).format(
                month=policy.sale.month,
                unsecured_price=percent(policy.sale.unsecured_price),
                secured_price=percent(policy.sale.secured_price),
            )
        )
    else:
        yield (
            _(
                "Exit: at the horizon of {horizon} months {residual_share} of the amount "
                "owed counts, the rest is written off"
            ).format(horizon=horizon, residual_share=percent(policy.residual_share))
        )
