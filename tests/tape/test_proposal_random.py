"""Random bank workbooks: the proposal reads each right, or asks and an answer makes it right."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from npl_sim.tape.proposal.propose import propose
from npl_sim.tape.proposal.section import tape_section
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table import read_tape
from tests.builders.bank_files import CUT_OFF, write_bank_files
from tests.builders.bank_forms import random_form

VALUATION = date(2026, 6, 30)
MOST_CENTS = 0.011
"""Amounts are written with six decimals of their unit at most."""


def read(section, folder, currency):
    spec = TapeSpec.model_validate({**section, "currency": currency})
    return read_tape(spec.resolve(folder), VALUATION)


def answers_of(bank, proposal):
    """Return the true answers to the questions on unit and dates."""
    found = {}
    for question in proposal.questions:
        if question.id.startswith("unit."):
            found[question.id] = f"{bank.form.unit:.0f}"
        if question.id == "date_order":
            found[question.id] = "dmy"
    return found


def differences(bank, table):
    """Return the columns of loans and items that differ from the truth."""
    found = []
    truth = bank.loans.set_index("loan_id")
    loans = table.loans.set_index("loan_id")
    if sorted(loans.index) != sorted(truth.index):
        return ["loan_id"]
    truth = truth.loc[loans.index]
    amounts = {"principal": "principal", "accrued_interest": "interest", "fees": "fees"}
    for name, own in amounts.items():
        if np.abs(loans[name] - truth[own]).max() > MOST_CENTS:
            found.append(name)
    for name in ("borrower_id", "product", "region", "stage"):
        if (loans[name].astype(str) != truth[name].astype(str)).any():
            found.append(name)
    days = pd.to_datetime(truth["default_date"])
    if (loans["default_date"].to_numpy() != days.to_numpy()).any():
        found.append("default_date")
    if np.abs(loans["contract_rate"] - truth["contract_rate"] / 100).max() > 1e-9:
        found.append("contract_rate")
    items, own = table.collateral, bank.items.set_index("loan_id")
    if sorted(items["loan_id"]) != sorted(own.index):
        return [*found, "items"]
    items = items.set_index("loan_id")
    own = own.loc[items.index]
    behind = own["lien_rank"] > 1
    for name in ("appraisal_value", "prior_liens"):
        if np.abs(items[name] - own[name])[behind | (name != "prior_liens")].max() > MOST_CENTS:
            found.append(name)
    for name in ("kind", "lien_rank", "collateral_id"):
        if (items[name].astype(str) != own[name].astype(str)).any():
            found.append(f"item {name}")
    return found


@pytest.mark.parametrize("seed", range(24))
def test_a_workbook_is_read_right_or_has_a_question(tmp_path, seed):
    rng = np.random.default_rng([23, seed])
    form = random_form(rng)
    bank = write_bank_files(tmp_path, rng, form)
    proposal = propose(bank.paths)
    currency = proposal.currency or "EUR"
    assert currency == ("CNY" if form.language == "zh" else "EUR") or proposal.question("currency")
    table = read(tape_section(proposal, tmp_path), tmp_path, currency)
    wrong = differences(bank, table)
    if not wrong:
        return
    answers = answers_of(bank, proposal)
    assert answers, f"{form}: {wrong} read wrong, and nothing asked"
    table = read(tape_section(proposal, tmp_path, answers), tmp_path, currency)
    assert differences(bank, table) == []


@pytest.mark.parametrize("seed", range(6))
def test_title_totals_and_cut_off_date_are_found(tmp_path, seed):
    rng = np.random.default_rng([24, seed])
    form = random_form(rng)
    form.unit_at, form.totals, form.footer = "title", True, True
    bank = write_bank_files(tmp_path, rng, form)
    proposal = propose(bank.paths)
    sheets = proposal.of("loans")
    assert proposal.cut_off_date == CUT_OFF
    assert sum(sheet.records for sheet in sheets) == len(bank.loans)
    for sheet in sheets:
        assert sheet.header_row == 3
        assert len(sheet.total_rows) == 1 + form.middle
        assert len(sheet.footer_rows) == 1
        assert sheet.unit == form.unit or form.unit == 1.0
