"""What price refuses or warns of, validate says too, with the same exit code."""

from __future__ import annotations

import contextlib

import pytest

from npl_sim.core.errors import StudyError
from tests.builders.studies import loan, study
from tests.cli.conftest import POLICY, SIZE

ITEM = {
    "collateral_id": "C1",
    "loan_id": "L000000",
    "kind": "house",
    "region": "east",
    "appraisal_value": 500,
    "appraisal_date": "2026-01-01",
    "lien_rank": 1,
}
CONSUMER = {**POLICY, "applies_to": {"products": ["consumer"]}}
BAD = loan(1, principal="much")
BOAT = loan(2, product="boat")
EAST = {"indices": [{"region": "east", "kind": "house"}]}
LARGE = {"simulation": {**SIZE["simulation"], "scenarios": 100_000, "memory_limit_gib": 0.1}}
DEAL_IN_EURO = {
    "channel": {"name": "c", "currency": "EUR", "price": {"kind": "share_of_value", "share": 0.8}}
}

# Name: loans, policies, items, sections of the study, exit code, parts of the message.
BROKEN = {
    "sound": ([loan(0)], POLICY, [], {}, 0, []),
    "faulty row, stop": ([loan(0), BAD], POLICY, [], {}, 3, ["'much'"]),
    "faulty row, quarantine": (
        [loan(0), BAD],
        POLICY,
        [],
        {"tape": {"on_error": "quarantine"}},
        0,
        ["'much'"],
    ),
    "no sound row": (
        [BAD],
        POLICY,
        [],
        {"tape": {"on_error": "quarantine"}},
        3,
        ["no loan is left"],
    ),
    "no tape": ([loan(0)], POLICY, [], {"tape": {"loans": "gone.csv"}}, 3, ["gone.csv"]),
    "no policy": (
        [loan(0), BOAT],
        CONSUMER,
        [],
        {},
        2,
        ["no policy applies to 1 of 2 loans", "'boat'"],
    ),
    "no policy, quarantine": (
        [loan(0), BAD, BOAT],
        CONSUMER,
        [],
        {"tape": {"on_error": "quarantine"}},
        2,
        ["no policy applies to 1 of 2"],
    ),
    "no policy and a faulty row": ([loan(0), BAD, BOAT], CONSUMER, [], {}, 3, ["'much'"]),
    "no terms": (
        [loan(0)],
        POLICY,
        [ITEM],
        {"collateral": {"ship": {}}},
        2,
        ["no terms for 'house'"],
    ),
    "no index": (
        [loan(0)],
        POLICY,
        [ITEM, {**ITEM, "collateral_id": "C2", "region": "west"}],
        {"market": EAST},
        2,
        ["no index covers 'house' in region 'west'"],
    ),
    "too large": ([loan(0)], POLICY, [], LARGE, 2, ["memory_limit_gib: 0.1"]),
    "unknown key": (
        [loan(0)],
        POLICY,
        [],
        {"prising": {}},
        2,
        ["unknown key; did you mean 'pricing'"],
    ),
    "unknown stress": ([loan(0)], POLICY, [], {"stress": ["x"]}, 2, ["stress.0: got 'x'"]),
    "channel in another currency": (
        [loan(0)],
        POLICY,
        [],
        DEAL_IN_EURO,
        2,
        ["channel.currency: got 'EUR'; expected 'CNY'"],
    ),
    "names that fall to defaults": (
        [loan(0), BOAT],
        [CONSUMER, POLICY],
        [ITEM],
        {"collateral": {"ship": {}, "default": {}}},
        0,
        ["collateral.default: prices 1 of 1 items", "a product that no policy names"],
    ),
    "a suit since 1999": (
        [loan(0, stage="litigation", stage_date="1999-01-05", age_months=400)],
        {**POLICY, "litigation": {}, "enforcement": {}},
        [],
        {},
        0,
        ["have been in litigation longer"],
    ),
}


def write(folder, loans, policies, items=(), **sections):
    """Write a study and its tape; whether it can be loaded is for the commands to say."""
    with contextlib.suppress(StudyError):
        study(folder, loans, policies, items, **sections)


def warnings(text):
    return {line for line in text.splitlines() if line.startswith(("warning: ", "npl-sim: "))}


@pytest.mark.parametrize("name", BROKEN)
def test_validate_exits_like_price_and_says_what_price_says(tmp_path, command, name):
    loans, policies, items, sections, code, parts = BROKEN[name]
    write(tmp_path, loans, policies, items, **{**SIZE, **sections})
    price = command("price", "study.yaml", "--out", "run", "--no-figures")
    check = command("validate", "study.yaml")
    assert price[0] == check[0] == code, (price, check)
    output = check[1] + check[2]
    missing = {line for line in warnings(price[2]) if line.removeprefix("npl-sim: ") not in output}
    assert not missing, missing
    assert all(part in output for part in parts), output
    assert "Traceback" not in output and ("priced (" in check[1]) is False


def test_errors_of_all_kinds_come_together(tmp_path, command):
    write(
        tmp_path,
        [loan(0), BOAT],
        CONSUMER,
        [{**ITEM, "region": "west"}],
        collateral={"ship": {}},
        market=EAST,
        **LARGE,
    )
    code, _, err = command("validate", "study.yaml")
    assert code == 2
    for part in (
        "no policy applies",
        "no terms for 'house'",
        "no index covers",
        "memory_limit_gib",
    ):
        assert part in err, err


def test_errors_of_the_study_are_reported_beside_rows_that_stop_the_run(tmp_path, command):
    write(tmp_path, [loan(0), BAD, BOAT], CONSUMER, [ITEM], collateral={"ship": {}}, **SIZE)
    code, out, _ = command("validate", "study.yaml")
    assert (
        code == 3
        and "error: policies: no policy applies" in out
        and "error: collateral: no terms" in out
    )


def test_findings_on_the_tape_of_a_refused_study_are_reported_too(tmp_path, command):
    write(tmp_path, [loan(0), BAD], POLICY, stress=["x"], **SIZE)
    code, out, err = command("validate", "study.yaml")
    assert code == 2 and "'much'" in out and "stress.0" in err
    (tmp_path / "study.yaml").write_text("tape: {loans: [}")
    code, out, err = command("validate", "study.yaml")
    assert code == 2 and out == "" and "expected valid YAML" in err


def test_no_row_is_reported_as_priced_where_none_is(tmp_path, command):
    write(tmp_path, [loan(0), BAD], POLICY, **SIZE)
    _, out, _ = command("validate", "study.yaml")
    assert "1 rows with 1,000.00 sound (none is priced: tape.on_error is stop)" in out
    assert "rows priced" not in out and "priced (1" not in out


def test_every_kind_without_an_index_is_named(tmp_path, command):
    items = [
        {**ITEM, "collateral_id": f"C{i}", "region": r}
        for i, r in enumerate(["west", "north", "west"])
    ]
    write(tmp_path, [loan(0)], POLICY, items, market=EAST, **SIZE)
    _, _, err = command("price", "study.yaml", "--out", "run", "--no-figures")
    assert "region 'west'" in err and "region 'north'" in err and err.count("no index covers") == 2


def test_a_tape_by_itself_is_checked_for_stages_of_an_implausible_age(tmp_path, command):
    old = loan(0, stage="litigation", stage_date="1999-01-05", age_months=400)
    write(tmp_path, [old | {"last_interruption_date": "2026-03-01"}], POLICY, **SIZE)
    code, out, _ = command("validate", "loans.csv", "--set", "valuation_date=2026-06-30")
    assert (
        code == 0
        and "warning: stage: 1 loan, GBV 1,000.00 CNY (100.0 %), have been in litigation" in out
    )


def test_a_tape_by_itself_is_not_measured_against_a_study(tmp_path, command):
    write(tmp_path, [loan(0, stage="litigation", product="boat")], POLICY, [ITEM], **SIZE)
    code, out, err = command("validate", "loans.csv")
    assert code == 0 and "policies" not in out + err and "threads" not in out
