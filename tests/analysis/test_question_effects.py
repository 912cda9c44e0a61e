"""Open questions and missing documents are worth what the study gives on the other tape."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.analysis.missing_facts import missing_facts
from npl_sim.analysis.other_readings import sized
from npl_sim.analysis.question_effects import price_questions
from npl_sim.core.errors import TapeError
from npl_sim.core.progress import Silent
from npl_sim.engine.simulate import simulate
from npl_sim.tape.proposal.model import Option, Question
from npl_sim.valuation.paired_difference import mean_value, shared_values
from tests.builders.studies import loan, study

POLICY = {
    "collection": {"months": 12, "settle_hazard": 0.05},
    "enforcement": {
        "performance_window": 0.5,
        "application_delay": 1,
        "garnishment_probability": 0.5,
        "garnishment_share": 0.02,
    },
    "litigation": {"after_months": 3, "lawsuit": {"win_probability": 0.9}},
}
SIZE = {
    "simulation": {"scenarios": 200, "horizon_months": 60, "seed": 3},
    "collateral": {"default": {"forced_sale_discount": 0.3, "past_growth": -0.05}},
    "legal": {
        "limitation": [{"months": 36, "source": "Civil Code"}],
        "enforcement_window_months": 24,
    },
}
LOANS = (
    {"age_months": 50, "principal": 4000},
    {"age_months": 50, "principal": 1000},
    {"age_months": 6},
    {"stage": "judged", "stage_date": "2023-01-31", "age_months": 60},
    {"age_months": 20, "principal": 2000},
)
FLAT = {"kind": "flat", "appraisal_date": "2026-01-01"}
ITEMS = (
    {"loan_id": "L000000", **FLAT, "appraisal_value": 4000},
    {"loan_id": "L000001", **FLAT, "appraisal_value": 500},
    {"loan_id": "L000002", **FLAT},
    {"loan_id": "L000004", "kind": "flat", "appraisal_value": 1500},
)


def case(folder, changes=(), items=ITEMS):
    rows = [loan(i, **{**columns, **dict(changes).get(i, {})}) for i, columns in enumerate(LOANS)]
    return study(folder, rows, POLICY, items, **SIZE)


def value(package):
    flows = simulate(sized(package.study, len(LOANS)), package.read())
    return flows, mean_value(flows)


def facts(priced):
    return {q.id: q for q in priced.questions if q.kind == "missing"}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return case(tmp_path_factory.mktemp("tape"))


@pytest.fixture(scope="module")
def priced(package):
    return price_questions(package.study, package.read(), (), lambda option: None, Silent())


def test_an_acknowledgment_is_worth_what_the_other_tape_gives(package, priced, tmp_path):
    signed = {i: {"last_interruption_date": "2026-06-30"} for i in (0, 1)}
    base, before = value(package)
    other, after = value(case(tmp_path, signed))
    fact = facts(priced)["acknowledgment"]
    assert priced.price == before
    assert fact.largest.effect == pytest.approx(after - before, rel=1e-12)
    assert fact.largest.effect > 1000.0
    paired = shared_values(other) - shared_values(base)
    error = paired.std(ddof=1) / math.sqrt(len(paired))
    assert fact.largest.se == pytest.approx(error, rel=1e-9)
    assert fact.count == 2
    assert fact.gbv == 5000.0


def test_the_loans_that_need_a_document_most_are_listed(package, priced, tmp_path):
    base, _ = value(package)
    other, _ = value(case(tmp_path, {0: {"last_interruption_date": "2026-06-30"}}))
    means = [flows.loans.set_index("loan_id")["pv_mean"]["L000000"] for flows in (base, other)]
    found = facts(priced)
    single = found["acknowledgment.L000000"]
    assert single.largest.effect == pytest.approx(means[1] - means[0], rel=1e-12)
    assert math.isnan(single.largest.se)
    assert single.text.startswith("loan L000000: time-barred")
    parts = [q.largest.effect for name, q in found.items() if name.startswith("acknowledgment.")]
    assert sum(parts) == pytest.approx(found["acknowledgment"].largest.effect, rel=0.05)


def test_a_document_reopens_the_window_of_a_judgment(package, priced, tmp_path):
    _, before = value(package)
    _, after = value(case(tmp_path, {3: {"last_interruption_date": "2026-06-30"}}))
    fact = facts(priced)["interruption"]
    assert fact.count == 1
    assert fact.largest.effect == pytest.approx(after - before, rel=1e-12)
    assert fact.largest.effect > 0.0


def test_missing_appraisals_are_worth_the_median_of_their_kind(package, priced, tmp_path):
    # Values are 1.0, 0.5 and 0.75 of the claims: the median is 750 for a claim of 1,000.
    known = (*ITEMS[:2], {**ITEMS[2], "appraisal_value": 750}, ITEMS[3])
    _, before = value(package)
    _, after = value(case(tmp_path, items=known))
    fact = facts(priced)["appraisal_value"]
    assert fact.count == 1
    assert fact.largest.effect == pytest.approx(after - before, rel=1e-12)
    assert fact.largest.effect > 0.0


def test_an_undated_appraisal_may_be_as_old_as_the_default(package, priced, tmp_path):
    # L000004 is 20 months old: 608.75 days before 2026-06-30.
    dated = (*ITEMS[:3], {**ITEMS[3], "appraisal_date": "2024-10-29"})
    _, before = value(package)
    _, after = value(case(tmp_path, items=dated))
    fact = facts(priced)["appraisal_date"]
    assert fact.count == 1
    assert fact.largest.effect == pytest.approx(after - before, rel=1e-12)
    assert fact.largest.effect < 0.0


def test_an_unknown_order_of_seizures_is_worth_what_another_court_takes(package, priced, tmp_path):
    behind = tuple(
        {**item, "seized_by": "another court", "other_claims": item["appraisal_value"]}
        if "appraisal_value" in item
        else item
        for item in ITEMS
    )
    _, before = value(package)
    _, after = value(case(tmp_path, items=behind))
    fact = facts(priced)["waitlist"]
    assert fact.count == 3
    assert fact.largest.effect == pytest.approx(after - before, rel=1e-12)
    assert fact.largest.effect < 0.0


def test_documents_are_of_the_valuation_date(package):
    found = {r.name: r for r in missing_facts(package.study, package.read())}
    for name, loans in (("acknowledgment", (0, 1)), ("interruption", (3,))):
        dates = found[name].loans["last_interruption_date"].astype("datetime64[D]")
        signed = dates == np.datetime64("2026-06-30")
        assert np.flatnonzero(signed).tolist() == list(loans)


def test_a_known_tape_misses_nothing(tmp_path):
    rows = [loan(0), loan(1)]
    known = {**ITEMS[0], "seized_by": "creditor"}
    complete = study(tmp_path, rows, POLICY, [known], **SIZE)
    assert not missing_facts(complete.study, complete.read())


def test_questions_stand_in_the_order_of_their_effect(priced):
    sizes = [q.size for q in priced.questions]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) >= 5


def test_answers_to_a_question_are_valued_on_the_tape_that_they_read(package, tmp_path):
    larger = case(tmp_path, {2: {"principal": 3000}})
    question_put = Question(
        "unit",
        "Which unit?",
        (
            Option("1", "yuan"),
            Option("3", "three yuan", {"amount_unit": 3}),
            Option("x", "no unit", {"amount_unit": 0.5}),
        ),
        "1",
        count=4,
        confirms=("unit",),
    )

    def read(option):
        if option.key == "x":
            raise TapeError("tape.amount_unit: cannot be read so\nsecond line")
        return larger.study, larger.read()

    priced = price_questions(package.study, package.read(), [question_put], read, Silent())
    (question,) = [q for q in priced.questions if q.id == "unit"]
    (three, none) = question.effects
    assert three.effect == pytest.approx(value(larger)[1] - value(package)[1], rel=1e-12)
    assert np.isnan(none.effect)
    assert none.remark == "tape.amount_unit: cannot be read so"
    assert question.largest is three
    assert question.read == "1: yuan"
    assert question.answers["3"] == {
        "text": "three yuan",
        "tape": {"amount_unit": 3},
        "study": {},
        "confirms": ["unit"],
    }


def test_a_reading_joins_the_question_that_settles_it(tmp_path):
    rows = [loan(0, stage="dormant", stage_date="2025-12-31"), loan(1)]
    question_put = Question("stage", "Dead?", (Option("a", "yes"),), "a", confirms=("dormant",))
    found = {}
    for confirmed in ((), ("dormant",)):
        package = study(
            tmp_path, rows, POLICY, [ITEMS[0]], tape={"confirmed": list(confirmed)}, **SIZE
        )
        for questions in ((), (question_put,)):
            args = package.study, package.read(), questions, lambda option: None, Silent()
            priced = {q.id: q for q in price_questions(*args).questions if q.kind == "question"}
            found[confirmed, len(questions)] = priced
            name = "stage" if questions else "dormant"
            assert priced[name].stops is not bool(confirmed)
    alone, joined = found[(), 0], found[(), 1]
    assert "stage" not in alone and "dormant" not in joined
    assert joined["stage"].largest == alone["dormant"].largest
    assert joined["stage"].largest.effect > 0.0
