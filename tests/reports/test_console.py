"""What a command says while it works holds no control characters, whatever a folder is called."""

from __future__ import annotations

import pytest

from npl_sim.cli.console import message_console


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("bell\x07", "bell\\x07"),
        ("\u202eabc", "\\u202eabc"),
        ("贷款 [b] é", "贷款 [b] é"),
    ],
)
def test_control_characters_are_written_out(capsys, text, printed):
    message_console().print(f"written: {text}\nnext", markup=False)
    assert capsys.readouterr().err == f"written: {printed}\nnext\n"
