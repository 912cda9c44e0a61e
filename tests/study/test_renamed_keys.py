"""Renamed keys: old keys keep working with a warning, and give the same study."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from ruamel.yaml import YAML

from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.core.errors import StudyError
from npl_sim.core.masking import Privacy
from npl_sim.core.on_demand import model_in
from npl_sim.study import deal_file
from npl_sim.study.contract_file import load_contract
from npl_sim.study.fingerprint import study_hash
from npl_sim.study.loader import load_study
from npl_sim.study.model import Study
from npl_sim.study.renamed_keys import (
    STUDY_KEYS,
    RenamedKeyWarning,
)
from tests.builders.deals import deal_terms
from tests.builders.shipped import text_of

ROOT = Path(__file__).parents[2]
STUDY = """\
name: a
valuation_date: 2026-06-30
tape: {loans: tape.csv}
policies: [{name: p}]
simulation:
  scenarios: 10
  detail: totals
buyer: {turnover_tax: 0.01}
seller:
  provision_coverage: {default: 0.5}
  provision_coverage_by: product
market: {congestion: {volatility: 0.1}}
"""
OLD = (
    STUDY.replace("detail:", "keep:")
    .replace("turnover_tax", "levy")
    .replace("provision_coverage", "coverage")
)
CONTRACT = text_of("examples/channel/layered_channel.yaml")
OLD_CONTRACT = (
    CONTRACT.replace("disclosed:", "shown:")
    .replace("  vehicles:", "  layers:")
    .replace("side_letter:", "hidden:")
)


def write(folder, text, name="study.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_old_keys_give_the_same_study_and_a_warning_each(tmp_path):
    new, old = load_study(write(tmp_path, STUDY)), load_study(write(tmp_path, OLD, "old.yaml"))
    assert old.study == new.study and study_hash(old.study) == study_hash(new.study)
    assert not new.warnings
    expected = [
        (7, 3, "simulation.keep", "simulation.detail"),
        (8, 9, "buyer.levy", "buyer.turnover_tax"),
        (10, 3, "seller.coverage", "seller.provision_coverage"),
        (11, 3, "seller.coverage_by", "seller.provision_coverage_by"),
    ]
    assert list(old.warnings) == [
        f"{tmp_path / 'old.yaml'}:{line}:{column}: {key}: the key is now {renamed}; rename it, "
        "since version 0.6 refuses the old name"
        for line, column, key, renamed in expected
    ]


def test_overrides_by_old_keys_give_the_same_study(tmp_path):
    path = write(tmp_path, STUDY)
    old = load_study(path, {"simulation.keep": "kinds", "seller.coverage.default": 0.7})
    new = load_study(
        path, {"simulation.detail": "kinds", "seller.provision_coverage.default": 0.7}
    )
    assert old.study == new.study and old.study.simulation.detail == "kinds"
    assert old.warnings[0].startswith(
        "override: simulation.keep: the key is now simulation.detail"
    )
    assert len(old.warnings) == 2
    whole = load_study(path, {"simulation": {"keep": "kinds", "scenarios": 10}})
    assert whole.study.simulation.detail == "kinds" and len(whole.warnings) == 1


def test_old_and_new_key_together_are_refused(tmp_path):
    both = STUDY.replace("  detail: totals\n", "  detail: totals\n  keep: kinds\n")
    with pytest.raises(StudyError) as caught:
        load_study(write(tmp_path, both))
    assert caught.value.errors == (
        f"{tmp_path / 'study.yaml'}:8:3: simulation.keep: given together with simulation.detail, "
        "its new name; expected only simulation.detail",
    )
    overrides = {"simulation.keep": "kinds", "simulation.detail": "kinds"}
    for given in (overrides, dict(reversed(overrides.items()))):
        with pytest.raises(StudyError, match="simulation.keep: given together with"):
            load_study(write(tmp_path, STUDY), given)


def test_errors_below_an_old_key_name_the_line_of_the_file(tmp_path):
    with pytest.raises(StudyError, match=r"study.yaml:7:3: simulation.detail: got \"none\""):
        load_study(write(tmp_path, OLD.replace("totals", "none")))
    bad = OLD.replace("{default: 0.5}", "{default: 5}")
    with pytest.raises(StudyError, match=r"yaml:10:14: seller.provision_coverage.default: got 5"):
        load_study(write(tmp_path, bad))


def test_old_keys_of_a_contract_give_the_same_contract(tmp_path):
    new = load_contract(write(tmp_path, CONTRACT, "new.yaml"))
    path = write(tmp_path, OLD_CONTRACT, "old.yaml")
    with pytest.warns(RenamedKeyWarning) as caught:
        old = load_contract(path)
    assert old.model_dump(exclude={"sources"}) == new.model_dump(exclude={"sources"})
    texts = [str(warning.message) for warning in caught]
    line = OLD_CONTRACT[: OLD_CONTRACT.index("hidden:\n")].count("\n") + 1
    assert texts[1].startswith(f"{path}:{line}:1: hidden: the key is now side_letter")
    assert [re.sub(".*: (.*): the key.*", r"\1", text) for text in texts] == [
        "shown",
        "hidden",
        "disclosed.layers",
    ]


def test_vehicles_of_a_side_letter_are_read_under_both_names(tmp_path):
    contract = YAML(typ="safe").load(CONTRACT)
    contract["side_letter"]["vehicles"] = contract["disclosed"]["vehicles"]
    new = load_contract(write(tmp_path, json.dumps(contract), "new.yaml"))
    assert new.side_letter.vehicles == new.vehicles
    contract["side_letter"]["layers"] = contract["side_letter"].pop("vehicles")
    with pytest.warns(RenamedKeyWarning) as caught:
        old = load_contract(write(tmp_path, json.dumps(contract), "old.yaml"))
    assert old.model_dump() == new.model_dump()
    assert ["side_letter.layers: the key is now" in str(w.message) for w in caught] == [True]


@pytest.mark.parametrize("old", sorted(STUDY_KEYS))
def test_no_key_is_renamed_to_itself(old):
    assert old != STUDY_KEYS[old]


def test_a_study_with_an_old_contract_warns(tmp_path):
    write(tmp_path, OLD_CONTRACT, "c.yaml")
    loaded = load_study(write(tmp_path, STUDY + "channel: c.yaml\n"))
    assert loaded.study.channel.side_letter is not None
    named = [line for line in loaded.warnings if "the key is now" in line]
    assert len(named) == 3 and all("c.yaml:" in line for line in named)


def test_masked_warnings_name_no_file(tmp_path):
    path = write(tmp_path, OLD_CONTRACT, "secret.yaml")
    with Privacy.of(mask=True), pytest.warns(RenamedKeyWarning) as caught:
        load_contract(path)
    assert all("secret" not in str(warning.message) for warning in caught)


def test_a_renamed_key_of_a_deal_would_be_read(tmp_path, monkeypatch):
    terms = deal_terms()
    terms["notes"] = terms.pop("tranches")
    path = write(tmp_path, json.dumps(terms, default=str), "deal.yaml")
    kind = replace(deal_file.DEAL, renamed={"notes": "tranches"})
    monkeypatch.setattr(deal_file, "DEAL", kind)
    with pytest.warns(RenamedKeyWarning, match="notes: the key is now tranches"):
        deal = deal_file.load_deal(path)
    assert len(deal.tranches) > 0


@pytest.mark.parametrize("new", sorted({*STUDY_KEYS.values()}))
def test_each_new_key_is_a_field(new):
    model = Study
    for key in new.split("."):
        if key in ("disclosed", "*"):
            continue  # a spelling of the file, which reading removes; a position or name
        if model is None:
            model = ChannelContract  # the study loads its model on demand
        info = model.model_fields[key]
        found = map(
            model_in, (info.annotation, *get_args(info.annotation), *inner(info.annotation))
        )
        model = next((m for m in found if m is not None), None)


def inner(annotation):
    """Return the types inside the types in an annotation."""
    return [part for each in get_args(annotation) for part in get_args(each)]
