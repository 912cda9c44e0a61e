"""A study that names its deal: place of its file, and terms that must agree."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.study.deal_file import deal_schema, file_kind
from npl_sim.study.loader import load_study
from npl_sim.study.schema import schema

EXAMPLE = Path(__file__).parents[1] / "deal" / "files" / "example.yaml"
STUDY = """\
name: a
valuation_date: 2026-06-30
tape: {loans: tape.csv}
policies:
  - name: p
    collection:
      settle_hazard: 0.02
simulation: {horizon_months: 72}
market: {congestion: {volatility: 0.1}}
"""


def put(folder, extra="deal: example.yaml\n", text=STUDY):
    shutil.copy(EXAMPLE, folder / "example.yaml")
    path = folder / "study.yaml"
    path.write_text(text + extra, encoding="utf-8")
    return path


def errors_of(path, **overrides):
    with pytest.raises(StudyError) as caught:
        load_study(path, {k.replace("__", "."): v for k, v in overrides.items()})
    return caught.value.errors


def test_a_deal_stands_in_a_file_or_inline(tmp_path):
    path = put(tmp_path)
    loaded = load_study(path)
    assert loaded.study.deal.name == "example" and loaded.warnings == ()
    assert loaded.files[-1] == tmp_path / "example.yaml"
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    inline = "deal:\n" + "".join(f"  {line}\n" for line in lines)
    assert load_study(put(tmp_path, inline)).study.deal == loaded.study.deal
    other = load_study(put(tmp_path, ""), {"deal": "example.yaml", "deal.tranches.0.balance": 5.0})
    assert other.study.deal.tranches[0].balance == 5.0


def test_errors_in_a_deal_have_file_line_and_key(tmp_path):
    path = put(tmp_path)
    deal = tmp_path / "example.yaml"
    text = deal.read_text(encoding="utf-8")
    deal.write_text(
        text.replace("to: [mezzanine]\n    when", "to: [mezanine]\n    when"), encoding="utf-8"
    )
    line = text.splitlines().index("    to: [mezzanine]") + 1
    (found,) = errors_of(path)
    assert found.startswith(f"{deal}:{line}:") and "deal.steps.6.to.0: got 'mezanine'" in found
    assert "did you mean 'mezzanine'?" in found
    deal.write_text(text.replace("legal_final:", "legal_finl:"), encoding="utf-8")
    assert any(
        "deal.legal_finl: unknown key; did you mean 'legal_final'?" in f for f in errors_of(path)
    )
    assert "does not exist" in errors_of(path, deal="none.yaml")[0]


def test_a_rate_is_a_word_and_not_a_number(tmp_path):
    (found,) = errors_of(put(tmp_path), deal__tranches__0__coupon=0.05)
    assert "got 0.05; expected a mapping with kind: one of none, fixed, stepped, floating" in found


@pytest.mark.parametrize(
    ("key", "value", "expected_text"),
    [
        ("currency", "EUR", "deal.currency: got 'CNY'; expected 'EUR'"),
        ("valuation_date", "2026-08-31", "before the valuation date of 2026-08-31"),
        ("simulation.horizon_months", 4, "the first collection period ends on 2026-11-30"),
        (
            "deal.schedule.collection_lag",
            {"to_month_end": True},
            "expected it by the payment date",
        ),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, key, value, expected_text):
    path = put(tmp_path)
    assert any(
        expected_text in line for line in errors_of(path, **{key.replace(".", "__"): value})
    )


@pytest.mark.parametrize(
    ("key", "value", "expected_text"),
    [
        ("valuation_date", "2026-05-31", "is simulated and is not the deal's"),
        ("simulation.horizon_months", 60, "expected simulation.horizon_months of 71"),
        ("pricing.servicing_rate", 0.03, "the deal pays its servicer itself (servicing)"),
    ],
)
def test_what_probably_does_not_fit_is_reported(tmp_path, key, value, expected_text):
    warnings = load_study(put(tmp_path), {key: value}).warnings
    assert len(warnings) == 1 and expected_text in warnings[0]


def test_the_horizon_that_is_named_is_the_first_that_does(tmp_path):
    """Collections run to 2032-05-31; month 71 after 2026-06-30 is that day."""
    assert load_study(put(tmp_path), {"simulation.horizon_months": 71}).warnings == ()
    (warning,) = load_study(put(tmp_path), {"simulation.horizon_months": 70}).warnings
    assert "the last 1 of 12 payment dates" in warning and "horizon_months of 71" in warning


def test_files_are_distinguished_by_their_keys(tmp_path):
    path = put(tmp_path)
    assert (file_kind(path), file_kind(EXAMPLE)) == ("study", "deal")
    neither = tmp_path / "x.yaml"
    neither.write_text("name: x\nsources: []\n", encoding="utf-8")
    with pytest.raises(StudyError, match="is neither a study"):
        file_kind(neither)


def test_schemas():
    deal_terms = schema()["properties"]["deal"]
    assert {"type": "string"}.items() <= deal_terms["anyOf"][1].items()
    assert deal_schema()["properties"]["tranches"]["minItems"] == 1
    assert deal_schema()["title"] == "Deal"
