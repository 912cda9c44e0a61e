"""Probably unintended deals draw a warning or an error with key, value and expectation."""

from __future__ import annotations

import pytest

from tests.builders.deals import deal, deal_texts
from tests.deal.doubtful_deals import DOUBTFUL_NOTES
from tests.deal.doubtful_structures import DOUBTFUL_STRUCTURES

DOUBTFUL = {**DOUBTFUL_NOTES, **DOUBTFUL_STRUCTURES}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_doubtful_deals_are_reported_with_key_and_value(name):
    the_terms, text = DOUBTFUL[name]
    found = deal_texts(deal(**the_terms))
    assert any(text in line for line in found), found
    assert all("expected" in line or "never" in line for line in found)
