"""A study and the channel contract that it names fit each other."""

from __future__ import annotations

from npl_sim.study.loader import load_study
from tests.study.test_studyfile import GOOD, messages, write

CONTRACT = """\
channel:
  name: c
  price: {kind: share_of_value, share: 0.8}
  undertakings: [{kind: guarantee, name: g, reference: face, cap_share: 0.1, month: 60}]
"""


def test_a_contract_in_another_currency_is_refused(tmp_path):
    (line,) = messages(tmp_path, GOOD + CONTRACT + "  currency: EUR\n")
    assert "study.yaml:12:3: channel.currency: got 'EUR'; expected 'CNY', the study's" in line
    load_study(write(tmp_path, GOOD + CONTRACT + "  currency: CNY\n"))


def test_a_term_beyond_the_horizon_is_reported(tmp_path):
    (line,) = [
        w
        for w in load_study(
            write(tmp_path, GOOD + CONTRACT + "simulation: {horizon_months: 59}\n")
        ).warnings
        if "channel" in w
    ]
    assert "undertaking 'g': month" in line and "npl-sim channel will refuse it" in line
    sound = load_study(write(tmp_path, GOOD + CONTRACT + "simulation: {horizon_months: 60}\n"))
    assert not [w for w in sound.warnings if "channel" in w]
