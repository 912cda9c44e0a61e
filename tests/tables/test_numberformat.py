"""A format shows a percentage where its sign is no literal text."""

from __future__ import annotations

import pytest

from npl_sim.tables.number_format import says_more, shows_percent


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("0%", True), ("0.00%", True), ("#,##0.0 %", True), ("[Red]0%", True), ("%0", True),
        ("0.0％", True), ("Percent", True),
        ('0" % "0%', True), ("0.0%;[Red]-0.0%", True), ("_(0%_)", True), ("?/?%", True),
        ('0"%"', False), ("0\\%", False), ("0_%", False), ("0*%", False), ("[$%]0", False),
        ("General", False), ("", False),
        ('0.00"% p.a."', False), ("@", False), ('0;0;0;"%"@', False), ('"a;%"0', False),
    ],
)  # fmt: skip
def test_which_formats_show_a_percentage(code: str, shown: bool) -> None:
    assert shows_percent(code, 0.05) == shown
    assert says_more(code) == shown


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("0%;-0", 1.0, True), ("0%;-0", -1.0, False), ("0%;-0%;0", 0.0, False),
        ("0;-0%", -0.5, True),
        ("[<1]0%;0", 0.5, True), ("[<1]0%;0", 5.0, False), ("[>=1]0;0%", 5.0, False),
        ("[>=1]0;0%", 0.5, True),
        ("[=0]0;[<1]0%;0", 0.5, True), ("[=0]0;[<1]0%;0", 0.0, False),
        ("[=0]0;[<1]0%;0", 3.0, False), ("[Red][<=-1.5]0%;0", -2.0, True),
    ],
)  # fmt: skip
def test_the_section_that_the_value_selects(code: str, value: float, shown: bool) -> None:
    assert shows_percent(code, value) == shown
