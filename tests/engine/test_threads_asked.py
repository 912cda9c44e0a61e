"""A number of threads that is none is refused from Python as it is on the command line."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.runs.study_session import load_study


@pytest.mark.parametrize("threads", [-1, 1.5, True, "2", float("nan"), 1_025])
def test_no_number_of_threads_is_refused(threads):
    case = load_study("configs/studies/first_package.yaml", {"simulation.scenarios": 10})
    with pytest.raises(StudyError, match="threads"):
        case.price(threads=threads)
