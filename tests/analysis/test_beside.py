"""A computation beside other work: its result, its error, and the settings that it sees."""

from __future__ import annotations

import contextvars
import threading

import pytest

from npl_sim.analysis.beside import Beside

SETTING = contextvars.ContextVar("SETTING", default="none")


def test_it_runs_at_once_in_another_thread_with_the_settings_of_its_caller():
    started = threading.Event()

    def work():
        started.set()
        return threading.current_thread(), SETTING.get()

    token = SETTING.set("masked")
    beside = Beside(work)
    SETTING.reset(token)
    assert started.wait(10)
    thread, seen = beside.result()
    assert thread is not threading.current_thread() and seen == "masked"


def test_without_a_free_core_it_runs_with_the_result():
    ran = []
    beside = Beside(lambda: ran.append(threading.current_thread()) or 7, spare=False)
    assert not ran
    assert beside.result() == 7 and ran == [threading.current_thread()]


@pytest.mark.parametrize("spare", [True, False])
def test_its_error_is_raised_with_the_result(spare):
    beside = Beside(lambda: 1 / 0, spare)
    with pytest.raises(ZeroDivisionError):
        beside.result()
