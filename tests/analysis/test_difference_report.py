"""Order of the steps of a difference, and its report."""

from __future__ import annotations

from npl_sim.analysis.difference import changed_settings
from npl_sim.runs.difference import difference_text, explain_difference
from tests.analysis.test_difference import POLICY, compared, options, steps
from tests.builders.studies import loan, save_priced, study


def test_steps_stand_in_the_order_that_is_reported(tmp_path):
    a = study(tmp_path / "a", [loan(0)], POLICY, **options())
    order = list(steps(compared(a, a)).index)
    assert order == [
        "price of the first run",
        "tape",
        "valuation date",
        "law",
        "work-out",
        "estimates",
        "market",
        "horizon",
        "pricing",
        "seed and number of scenarios",
        "price of the second run",
    ]


def test_an_absurd_price_and_an_unconfirmed_reading_head_the_difference(tmp_path, monkeypatch):
    """A run of an earlier version was not stopped by another reading; the difference must not pass
    it on in silence."""
    loans = [loan(0, stage="dormant"), *(loan(i) for i in range(1, 6))]
    flat = {
        "loan_id": "L000000",
        "kind": "house",
        "appraisal_value": 900,
        "appraisal_date": "2026-01-01",
    }
    policy = {"collection": POLICY["collection"], "enforcement": {}}
    monkeypatch.setattr("npl_sim.analysis.other_readings.stop_on_readings", lambda found: None)
    late = {"scenarios": 300, "horizon_months": 120, "seed": 5}
    rows = (
        ("one", policy, {"simulation": late}),
        (
            "two",
            {"residual_share": 1.0, "enforcement": {}},
            {"simulation": late, "pricing": {"required_return": -0.05}},
        ),
    )
    for name, terms, changes in rows:
        case = study(
            tmp_path / name,
            loans,
            terms,
            [flat],
            tape={"confirmed": []},
            collateral={"default": {}},
            **options(**changes),
        )
        save_priced(case, tmp_path / f"run_{name}")
    pair = explain_difference(tmp_path / "run_one", tmp_path / "run_two")
    lines = difference_text(pair).splitlines()
    assert lines[1].startswith("Price ") and lines[2].startswith("Issues: ")
    assert any(
        "error: result: the price of" in x and "above the gross book value" in x
        for x in lines[3:6]
    )
    assert sum(x.name == "dormant" for x in pair.issues) == 2
    assert any("tape.confirmed: [dormant]" in x.message for x in pair.issues)
    # The absurd price, and the reading that neither run confirmed.
    assert pair.values()["issues_by_count"]["error"] == 3


def test_a_count_that_differs_stays_a_count_beside_a_rate(tmp_path):
    """A column of 64, 16 and 0.12 would hold floats, and a report would say 64.0 scenarios."""
    sizes = [{"scenarios": n, "horizon_months": 24, "seed": 4} for n in (64, 16)]
    rates = [{"required_return": r} for r in (0.12, 0.0)]
    a, b = (
        study(tmp_path / str(i), [loan(0)], {}, simulation=s, pricing=p).study
        for i, (s, p) in enumerate(zip(sizes, rates, strict=True))
    )
    options = changed_settings(a, b).set_index("key")
    assert [str(x) for x in options.loc["simulation.scenarios"]] == ["64", "16"]
    assert [str(x) for x in options.loc["pricing.required_return"]] == ["0.12", "0.0"]
