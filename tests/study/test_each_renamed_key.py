"""Every renamed key and value: read under the old name, and refused beside the new one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from npl_sim.core.errors import StudyError
from npl_sim.study.contract_file import load_contract
from npl_sim.study.loader import load_study
from npl_sim.study.renamed_keys import (
    STUDY_KEYS,
    STUDY_VALUES,
    RenamedKeyWarning,
    Renames,
)
from npl_sim.study.yaml_source import Source
from tests.builders.shipped import TAPES, complete_study, text_of
from tests.study.test_renamed_keys import write


def plain_study() -> dict:
    """Return the shipped study with the files of its sections in place of their names."""
    yaml = YAML(typ="safe", pure=True)
    study = yaml.load(complete_study())
    for section in ("legal", "market", "sources"):
        study[section] = yaml.load(text_of(study[section].removeprefix("package:")))
    study["tape"] = {
        key: str(TAPES / name) if name.endswith(".csv") else name
        for key, name in study["tape"].items()
    }
    return study


def with_old_keys(value: object, where: tuple[str, ...] = ()) -> object:
    """Return plain data with every renamed key under its old name."""
    if isinstance(value, list):
        return [with_old_keys(item, (*where, "*")) for item in value]
    if not isinstance(value, dict):
        return value
    names = {new: old.rpartition(".")[2] for old, new in STUDY_KEYS.items()}
    result = {}
    for key, item in value.items():
        paths = [".".join((*where, key))]
        if where == ("collateral",):
            paths.append("collateral.*")
        old = next((names[path] for path in paths if path in names), key)
        result[old] = with_old_keys(item, tuple(paths[-1].split(".")))
    return result


def test_the_shipped_study_reads_the_same_under_its_old_keys(tmp_path):
    study = plain_study()
    new = load_study(write(tmp_path, json.dumps(study, default=str), "new.yaml"))
    old = load_study(write(tmp_path, json.dumps(with_old_keys(study), default=str), "old.yaml"))
    assert old.study == new.study
    renamed = [line for line in old.warnings if "the key is now" in line]
    found = {
        re.sub(r"\b\d+\b", "*", re.sub(r".*: ([\w.]+): the key.*", r"\1", line))
        for line in renamed
    }
    assert len(found) > 40 and "policies.*.litigation.lawsuit.win" in found
    assert len(old.warnings) == len(new.warnings) + len(renamed)


def nested(path: str, value: object) -> dict:
    """Return plain data with a value at a path; ``*`` stands for position 0 or the name `a`."""
    first, _, rest = path.partition(".")
    inner = nested(rest, value) if rest else value
    if rest.startswith("*"):
        below = nested(rest.partition(".")[2], value)
        return {first: {"a": below} if first == "collateral" else [below]}
    return {first: inner}


def above(data: dict, path: str) -> dict:
    """Return the mapping that holds the last key of a path."""
    for key in path.split(".")[:-1]:
        data = (
            data[0] if key == "*" and isinstance(data, list) else data["a" if key == "*" else key]
        )
    return data


@pytest.mark.parametrize("old", sorted(STUDY_KEYS))
def test_each_old_key_is_renamed_and_refused_beside_the_new_one(old):
    if ".shown" in old or ".hidden" in old:
        pytest.skip("renames what other old keys lie below")
    new = STUDY_KEYS[old]
    last, renamed = old.rpartition(".")[2], new.rpartition(".")[2]
    data, renames = nested(new, 1), Renames(STUDY_KEYS)
    holder = above(data, new)
    holder[last] = holder.pop(renamed)
    assert renames.apply(data, Source(files=[Path("s.yaml")])) == []
    assert above(data, new) == {renamed: 1}
    (warning,) = renames.warnings
    key = dotted_example(old)
    assert f" {key}: the key is now {dotted_example(new)}; rename it" in warning

    both = nested(new, 1)
    above(both, new)[last] = 2
    (error,) = Renames(STUDY_KEYS).apply(both, Source(files=[Path("s.yaml")]))
    assert f"{key}: given together with {dotted_example(new)}, its new name" in error

    renames = Renames(STUDY_KEYS)
    assert renames.overrides({key: 1}) == {dotted_example(new): 1} and len(renames.warnings) == 1
    with pytest.raises(StudyError, match="given together with"):
        Renames(STUDY_KEYS).overrides({key: 1, dotted_example(new): 1})


def dotted_example(path: str) -> str:
    """Return a dotted key with a position or name in place of ``*``."""
    return path.replace("collateral.*", "collateral.a").replace("*", "0")


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [(k, old, new) for k, values in STUDY_VALUES.items() for old, new in values.items()],
)
def test_each_old_value_is_renamed_with_a_warning(key, old, new):
    data, renames = nested(key, old), Renames(STUDY_KEYS, STUDY_VALUES)
    renames.apply(data, Source(files=[Path("s.yaml")]))
    assert data == nested(key, new)
    (warning,) = renames.warnings
    assert f" {key}: the value {old} is now {new}; rename it, since version 0.6" in warning


def test_old_values_of_a_contract_file_give_the_same_contract(tmp_path):
    text = text_of("examples/channel/clean_sale.yaml")
    contract = YAML(typ="safe").load(text)
    contract.setdefault("accounting", {})["approach"] = "standardized"
    new = load_contract(write(tmp_path, json.dumps(contract, default=str), "new.yaml"))
    contract["accounting"]["approach"] = next(iter(STUDY_VALUES["channel.accounting.approach"]))
    path = write(tmp_path, json.dumps(contract, default=str), "old.yaml")
    with pytest.warns(
        RenamedKeyWarning, match="accounting.approach: the value .* is now standardized"
    ):
        assert load_contract(path).model_dump() == new.model_dump()
