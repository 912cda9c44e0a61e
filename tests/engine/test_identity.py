"""Checkpoints are never used for another study, other loans or another processor."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from npl_sim.core.errors import NplSimError, WorkFolderError
from npl_sim.engine import quantiles
from npl_sim.engine.checkpoint import identity
from npl_sim.engine.checkpoint.identity import identity_of, mismatch, simulator_hash
from npl_sim.engine.compile_model import compile_model
from npl_sim.engine.pilot_runs import run_pilot
from npl_sim.engine.simulate import record_paths, simulate
from npl_sim.engine.tile import Simulator
from npl_sim.runs.case import load_study
from npl_sim.study.model import Study
from npl_sim.study.schema import study_schema
from tests.builders.studies import loan, study
from tests.engine.stored_runs import same, small_run

ROOT = Path(__file__).parents[2]
SIZE = {"scenarios": 6, "horizon_months": 30, "threads": 1, "detail": "totals"}


def simulator_of(study, table, pilot=None):
    pilot = pilot or run_pilot(study, table, record_paths)
    return Simulator(study, compile_model(study, table, pilot), "totals")


# The leaves of a study --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rich():
    """A study that says much, over a few loans."""
    case = load_study(ROOT / "configs" / "studies" / "first_package.yaml")
    settings = case.study.model_dump(mode="json")
    policy = next(p for p in settings["policies"] if p["name"] == "mortgages")
    policy["sale"] |= {
        "month": 9,
        "until": 20,
        "wait_for": {"factor": "cooperation", "at_least": 1.0},
    }
    agency = {"name": "A", "from_month": 2, "months": 6, "contract": "city"}
    policy["collection"]["agencies"] = [agency]
    policy["applies_to"] = {}
    tiers = [{"up_to": 0.1, "rate": 0.2}, {"rate": 0.35}]
    settings |= {
        "policies": [policy],
        "contracts": [{"name": "city", "tiers": tiers, "fixed_monthly": 10}],
        "stress": ["hard_times"],
        "simulation": settings["simulation"] | SIZE,
    }
    settings["market"]["short_rate"] = {
        "initial": 0.02,
        "mean": 0.03,
        "reversion": 0.3,
        "volatility": 0.01,
    }
    loans = case.table.loans
    some = loans[loans["product"] == "mortgage"].groupby("stage").head(1)
    parts = {
        name: frame[frame["loan_id"].isin(some["loan_id"])]
        for name, frame in (
            ("collateral", case.table.collateral),
            ("guarantors", case.table.guarantors),
        )
    }
    return settings, dataclasses.replace(case.table, loans=some, **parts)


def leaves(settings, place=()):
    """Yield place and value of each leaf; of like things in a list only the first."""
    if isinstance(settings, dict):
        for name, value in settings.items():
            yield from leaves(value, (*place, name))
    elif isinstance(settings, list) and settings and isinstance(settings[0], dict | list):
        yield from leaves(settings[0], (*place, 0))
    elif isinstance(settings, list):
        for n, value in enumerate(settings):
            yield (*place, n), value
    else:
        yield place, settings


def choices():
    """Return the words that each name may hold where these are listed."""
    found = defaultdict(list)
    schema = study_schema()
    for model in (schema, *schema["$defs"].values()):
        for name, field in model.get("properties", {}).items():
            for option in (field, *field.get("anyOf", ())):
                found[name] += option.get("enum", [])
    return found


def others(value, listed):
    """Return values of which one may fit in the place of another."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value * 1.25, value * 0.75, value + 1, value - 1, value + 0.1, value / 2]
    if isinstance(value, str):
        try:
            day = datetime.date.fromisoformat(value)
        except ValueError:
            return [
                *(word for word in listed if word != value),
                f"{value} x",
                "EUR",
                "property_slump",
            ]
        return [(day - datetime.timedelta(days=40)).isoformat()]
    return [0.5, 6, 0.01, 1000, True, *listed]


def changed(settings, place, value):
    if not place:
        return value
    at, *rest = place
    if isinstance(settings, dict):
        return {**settings, at: changed(settings[at], rest, value)}
    return [changed(w, rest, value) if n == at else w for n, w in enumerate(settings)]


def test_whatever_setting_of_a_study_moves_a_bit_is_in_the_simulators_hash(rich, monkeypatch):
    """The hash of the simulator is tested without the hashes of the study's text."""
    monkeypatch.setattr(quantiles, "_cells", functools.cache(quantiles._cells))
    settings, table = rich
    base = Study.model_validate(settings)
    before, flows, listed = (
        simulator_hash(simulator_of(base, table)),
        simulate(base, table),
        choices(),
    )
    moved, quiet, together = [], [], settings
    for place, value in leaves(settings):
        # Those of the tape are read before; those of the size give more scenarios, or another
        # detail of them.
        if place[0] == "tape" or place[:2] in (
            ("simulation", "scenarios"),
            ("simulation", "detail"),
        ):
            continue
        for other in others(value, listed[place[-1]]):
            try:
                study = Study.model_validate(changed(settings, place, other))
                result = (
                    simulator_hash(simulator_of(study, table))
                    if place[0] not in identity.LABELS
                    else before
                )
            except (ValidationError, NplSimError, KeyError, ValueError):
                continue
            if result != before:
                moved.append(place)
                break
            quiet.append(place)
            try:
                Study.model_validate(changed(together, place, other))
            except ValidationError:
                same(simulate(study, table), flows)
            else:
                together = changed(together, place, other)
            break
    # Settings that change no hash are applied together, and must change no bit.
    study = Study.model_validate(together)
    assert simulator_hash(simulator_of(study, table)) == before
    same(simulate(study, table), flows)
    assert {p[0] for p in moved} >= {
        "market",
        "policies",
        "collateral",
        "legal",
        "stress",
        "contracts",
        "simulation",
    }
    assert len(moved) > 150 and len(quiet) > 50
    assert {p[:2] for p in quiet} >= {
        ("name",),
        ("pricing", "quantiles"),
        ("simulation", "threads"),
    }


def test_other_sizes_prices_and_names_are_the_same_run(rich):
    settings, table = rich
    base, other = (
        Study.model_validate(settings),
        {**settings, "name": "other", "buyer": {}, "seller": {}},
    )
    other["simulation"] = settings["simulation"] | {
        "scenarios": 900,
        "threads": 3,
        "memory_limit_gib": 1.0,
    }
    other["pricing"] = settings["pricing"] | {"prices": [7.0], "quantiles": [0.3]}
    one, two = (
        identity_of(simulator_of(s, table), table) for s in (base, Study.model_validate(other))
    )
    assert one == two and mismatch(one, two) == ""


def test_what_differs_is_reported_by_section(rich):
    settings, table = rich
    base = identity_of(simulator_of(Study.model_validate(settings), table), table)
    other = {**settings, "simulation": settings["simulation"] | {"seed": 9}, "stress": []}
    found = identity_of(simulator_of(Study.model_validate(other), table), table)
    assert mismatch(found, base) == "another study, or other values in it (stress, simulation)"


# Loans that the terms do not show ---------------------------------------------------------------


def test_other_loans_under_the_same_terms_and_files_are_refused(tmp_path):
    case, work = small_run(tmp_path, scenarios=20), tmp_path / "work"
    simulate(case.study, case.table, work=work)
    loans = case.table.loans
    refused = pytest.raises(WorkFolderError, match="other loans or terms from the same study")
    richer = dataclasses.replace(case.table, loans=loans.assign(principal=loans["principal"] * 3))
    with refused:
        simulate(case.study, richer, work=work)
    with refused:
        simulate(case.study, case.table, model=compile_model(case.study, richer), work=work)
    same(
        simulate(case.study, case.table, model=compile_model(case.study, case.table), work=work),
        case.simulate(),
    )


def test_another_pilot_is_refused(tmp_path):
    policy = {"collection": {"settle_hazard": 0.02}, "sale": {"month": 6, "buyer_return": 0.2}}
    case = study(
        tmp_path,
        [loan(i) for i in range(4)],
        policy,
        simulation={"scenarios": 9, "horizon_months": 20},
    )
    pilot = run_pilot(case.study, case.table, record_paths)
    assert pilot is not None
    simulate(case.study, case.table, work=tmp_path / "work")
    simulate(case.study, case.table, pilot=pilot, work=tmp_path / "work")
    arrays = {f.name: getattr(pilot, f.name) for f in dataclasses.fields(pilot)}
    other = dataclasses.replace(
        pilot, **{k: v * 0.5 for k, v in arrays.items() if isinstance(v, np.ndarray)}
    )
    with pytest.raises(WorkFolderError, match="another table, model, pilot"):
        simulate(case.study, case.table, pilot=other, work=tmp_path / "work")


def test_a_currency_that_sets_rows_aside_is_refused_and_another_label_is_not(tmp_path):
    rows = [loan(0), loan(1, principal="3000 USD"), loan(2)]
    policy = {"collection": {"settle_hazard": 0.1}}
    settings = {
        "simulation": {"scenarios": 9, "horizon_months": 12},
        "tape": {"on_error": "quarantine"},
    }
    case, work = study(tmp_path, rows, policy, **settings), tmp_path / "work"
    other = load_study(tmp_path / "study.yaml", {"currency": "USD"})
    assert (len(case.table.loans), len(other.table.loans)) == (2, 3)
    simulate(case.study, case.table, work=work)
    with pytest.raises(WorkFolderError, match="currency"):
        simulate(other.study, other.table, work=work)
    simulate(load_study(tmp_path / "study.yaml", {"currency": "EUR"}).study, case.table, work=work)


# Canonical bytes --------------------------------------------------------------------------------


# Code and processor -----------------------------------------------------------------------------
