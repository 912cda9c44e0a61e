"""A workbook whose question must be answered stops a run until a cell settles it."""

from __future__ import annotations

import math
from datetime import date

import pytest

from npl_sim.analysis.other_readings import PricedReading
from npl_sim.analysis.question_effects import Effect, _of_question, _of_reading
from npl_sim.tape.other_reading import OtherReading
from npl_sim.tape.proposal.codes import code_questions
from npl_sim.tape.proposal.model import CodeProposal
from npl_sim.tape.proposal.open_readings import date_question


def stage_question():
    code = CodeProposal("stage", "Decreto X", 3, "litigation", False, "medium")
    return code_questions([code])[0]


def test_a_stage_read_by_a_word_offers_what_the_word_can_mean():
    assert [o.key for o in stage_question().options] == ["litigation", "judged", "collection"]


@pytest.mark.parametrize(("effect", "stops"), [(4.0, False), (-6.0, True), (math.nan, False)])
def test_it_must_be_answered_where_it_moves_the_price_by_over_5_percent(effect, stops):
    def measured(option):
        return Effect(option.key, option.text, effect, 0.0)

    assert _of_question(stage_question(), measured, 100.0).stops is stops


def test_a_date_that_nothing_states_must_be_answered():
    question = date_question({}, date(2026, 6, 14))
    assert question.stops == "always"
    assert [o.key for o in question.options] == ["2026-06-14", "2026-06-30", "valuation"]
    assert date_question({}, None).stops == "always"
    two = {"a": date(2026, 6, 30), "b": date(2026, 5, 31)}
    assert date_question(two, None).stops == "never"


@pytest.mark.parametrize(("share", "stops"), [(0.4, True), (0.04, False)])
def test_unknown_liens_are_confirmed_without_taking_the_other_reading(share, stops):
    reading = OtherReading(
        "prior_liens", "prior_liens", 1, 10.0, "L1", "all taken", "nothing first"
    )
    priced = PricedReading(reading, 40.0, 1.0, 100.0, None, share)
    question = _of_reading(priced, False, confirmed=False)
    assert question.stops is stops
    assert "confirms" not in question.answers["as read"]
    assert question.answers["nothing first"]["confirms"] == ["prior_liens"]
