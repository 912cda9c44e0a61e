"""Masking of messages, settings and commands."""

from __future__ import annotations

import pandas as pd
import pytest

from npl_sim.core.masking import (
    masked_command,
    masked_setting,
    masked_text,
    masked_value,
    names_of_files,
    pseudonyms,
)
from npl_sim.core.provenance import keys_of
from npl_sim.study.masking import known_texts
from npl_sim.tables.findings import Finding
from npl_sim.tape.id_keys import key_columns, keys_in, order_column, without_keys
from npl_sim.tape.masked_findings import masked_finding, masked_message

NAME = 'Wang O\'Brien "the 3rd"'


@pytest.mark.parametrize("quote", [repr, lambda t: f"'{t}'", lambda t: f'"{t}"'])
@pytest.mark.parametrize(
    "name", ["Wang", "O'Brien", 'the "3rd"', "it's \\ his'", "王伟", "a\\'b", "1101011990"]
)
def test_whatever_is_quoted_goes_and_what_follows_stays(name, quote):
    replaced = masked_text(f"row 3: got {quote(name)}; expected the loans' ids, 5 more")
    assert name not in replaced
    assert replaced.startswith("row 3: got (")
    if (
        quote is repr or name.isalnum()
    ):  # else more may go, where it is unknown where the quotation ends
        assert replaced.endswith("; expected the loans' ids, 5 more")


def test_a_quotation_that_is_cut_goes_to_the_end_of_its_line():
    assert (
        masked_text("got 'Wang We...\nnext's line") == "got (text of 10 characters)\nnext's line"
    )


def test_terms_of_the_program_and_pseudonyms_stay():
    text = "got 'principal' of 'loan 17', '' and 'loan x'; expected 'streamed'"
    replaced = masked_text(text, known={"principal", *known_texts()})
    assert (
        replaced
        == "got 'principal' of 'loan 17', '' and (text of 6 characters); expected 'streamed'"
    )


def test_a_cell_in_parentheses_is_no_mask():
    assert masked_text("got '(Wang)'") == "got (text of 6 characters)"
    assert masked_text("got '(text of 6 characters)'") == "got '(text of 6 characters)'"


@pytest.mark.parametrize(
    ("value", "replaced"),
    [
        ("", ""),
        ("x", "(text of 1 character)"),
        ("110101", "(digits of 6 characters)"),
        ("1,5", "(number of 3 characters)"),
        ("-2e3", "(number of 4 characters)"),
        ("a" * 1200, "(text of 1,200 characters)"),
    ],
)
def test_values_are_replaced_by_kind_and_length(value, replaced):
    assert masked_value(value) == replaced


def test_names_of_files_go_with_sheet_and_folders():
    names = names_of_files({"study": "/home/Wang Xiao Wei/bank a/s.yaml"})
    replaced = masked_text(
        "/home/Wang Xiao Wei/bank a/s.yaml:3:1: market: /home/Wang Xiao Wei/m.yaml: is a folder",
        names,
    )
    assert replaced == "study:3:1: market: (file): is a folder"
    assert masked_text("s.yaml [Wang] row 2; ours.yaml", names) == "study row 2; (file)"
    assert (
        masked_text("see ../bank/wang.csv, /etc/wang and 2024/1/31 or and/or")
        == "see (file), (file) and 2024/1/31 or and/or"
    )


def test_commands_keep_options_and_numbers():
    arguments = [
        "npl-sim",
        "price",
        "wang.yaml",
        "--set",
        "name=Wang",
        "--set",
        "simulation.seed=7",
        "--precision",
        "0.1%",
        "--out=wang",
        "-q",
        "--backend",
        "dask",
        "--shift",
        "-0.5",
    ]
    assert masked_command(arguments) == [
        "npl-sim",
        "price",
        "(text)",
        "--set",
        "name=(text)",
        "--set",
        "simulation.seed=7",
        "--precision",
        "0.1%",
        "--out=(text)",
        "-q",
        "--backend",
        "dask",
        "--shift",
        "-0.5",
    ]


def test_settings_keep_numbers():
    assert [masked_setting(v) for v in (None, True, 3, 0.5)] == [None, True, 3, 0.5]
    assert [masked_setting(v) for v in ("Wang", ["Wang"])] == ["(text of 4 characters)", "(value)"]


def test_pseudonyms_go_by_first_appearance_and_are_kept():
    first = pseudonyms(["b", "a", "b"], "loan")
    assert first == {"b": "loan 1", "a": "loan 2"}
    assert pseudonyms(["c", "a"], "loan", first) == {**first, "c": "loan 3"}
    assert pseudonyms(["b", "z"], "guarantor", {"b": "borrower 1"}) == {
        "b": "borrower 1",
        "z": "guarantor 1",
    }


def test_findings_keep_row_column_and_count():
    found = Finding(
        "error",
        "Wang.xlsx [Li]",
        "principal (Wang's (old) balance)",
        f"a number, not {NAME!r}",
        2,
        (4, 9),
        ("12,x", "litigation"),
        gbv=5.0,
        message="principal (Li's): Wang.xlsx [Li] row 3 is 'bad'",
    )
    replaced = masked_finding(found, {"Wang.xlsx [Li]": "loan file"})
    assert (replaced.file, replaced.column, replaced.count, replaced.rows, replaced.gbv) == (
        "loan file",
        "principal",
        2,
        (4, 9),
        5.0,
    )
    assert replaced.values == ("(text of 4 characters)", "litigation")
    assert replaced.expected == f"a number, not (text of {len(repr(NAME)) - 2} characters)"
    assert replaced.message == "principal: loan file row 3 is (text of 3 characters)"
    assert (
        masked_finding(Finding("warning", "f", "Wang's column", "x", 1, (1,), ("",)), {}).column
        == "(column)"
    )


def test_headers_behind_a_canonical_column_go():
    text = "error: principal (本金 (元)): 'x'; expected gbv (Wang) above 0 (never below)"
    assert (
        masked_message(text, {})
        == "error: principal: (text of 1 character); expected gbv above 0 (never below)"
    )


def test_keys_and_order_of_masked_ids_are_those_of_the_ids():
    ids = pd.Series(["b", "a", "c", "a"], name="loan_id", dtype="str")
    frame = pd.DataFrame({"loan_id": ids})
    masked = frame.assign(
        loan_id=["loan 1", "loan 2", "loan 3", "loan 2"], **key_columns(ids, "loan_id")
    )
    assert (keys_in(masked, "loan_id") == keys_of(ids)).all()
    assert (keys_in(frame, "loan_id") == keys_of(ids)).all()
    assert masked[order_column(masked, "loan_id")].tolist() == [1, 0, 2, 0]
    assert order_column(frame, "loan_id") == "loan_id"
    assert list(without_keys(masked)) == ["loan_id"]
