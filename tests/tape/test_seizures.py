"""Who seized an item first, and what an unknown prior lien takes."""

from __future__ import annotations

import pandas as pd
import pytest

from npl_sim.tape.seizures import liens_unknown, seized_by_others, with_assumed_liens


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("", False),
        ("  ", False),
        ("none", False),
        ("无", False),
        ("未查封", False),
        ("Creditor", False),
        ("our bank", False),
        ("我行首封", False),
        ("本行", False),
        ("首封", False),
        ("other creditor", True),
        ("other court first", True),
        ("轮候", True),
        ("我行轮候查封", True),
        ("yes", True),
        ("是", True),
        ("Tribunale di Milano", True),
        ("某某区人民法院", True),
        ("?", True),
    ],
)
def test_who_seized_an_item(text, others):
    """A seizure that is not known to be ours counts as another creditor's."""
    assert seized_by_others(pd.Series([text, "", text])).tolist() == [others, False, others]


def test_an_unknown_prior_lien_takes_the_whole_value():
    """Only a valued item of a later rank without an amount is concerned."""
    items = pd.DataFrame(
        {
            "lien_rank": [1, 2, 2, 3, 2],
            "prior_liens": [0.0, 0.0, 5.0, float("nan"), 0.0],
            "appraisal_value": [9.0, 8.0, 7.0, 6.0, 0.0],
        }
    )
    assert liens_unknown(items).tolist() == [False, True, False, True, False]
    assert with_assumed_liens(items)["prior_liens"].tolist() == [0.0, 8.0, 5.0, 6.0, 0.0]
