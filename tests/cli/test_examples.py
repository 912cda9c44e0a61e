"""`npl-sim init --example`: every example that ships is valid where it was copied to."""

from __future__ import annotations

import shlex

import pytest

from npl_sim.runs.examples import examples, write_example
from npl_sim.study.contract_file import load_contract
from npl_sim.study.deal_file import load_deal
from npl_sim.study.flow_file import load_recipe
from npl_sim.study.loader import load_study

NAMES = tuple(examples())


def test_there_are_examples_of_each_product():
    wanted = {"first_package", "italy", "three_tranche", "clean_sale", "first_loss_guarantee"}
    assert wanted <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_where_it_was_copied_to(name, tmp_path, monkeypatch):
    paths, command = write_example(tmp_path / "mine", name)
    assert all(path.is_file() for path in paths)
    parts = shlex.split(command)
    named = [word for word in parts if word.endswith((".yaml", ".csv"))]
    assert set(named) <= {path.name for path in paths}
    monkeypatch.chdir(tmp_path / "mine")
    readers = {"price": load_study, "run": load_deal, "channel": load_contract}
    if "--contract" in parts:
        load_contract(named[1])
        readers["channel"] = load_study
    read = readers[next(word for word in parts if word in readers)]
    found = read(named[0])
    if read is load_study:
        tape = [path for files in found.study.tape.files.values() for path in files]
        assert tape and all(path.parent == tmp_path / "mine" and path.is_file() for path in tape)
    if "--flows" in parts:
        load_recipe(named[1])


def test_a_command_runs_the_example_as_it_says(command, tmp_path, monkeypatch):
    code, _, err = command("init", "mine", "--example", "first_loss_guarantee")
    assert code == 0
    line = next(line for line in err.splitlines() if line.startswith("run it in mine: npl-sim "))
    monkeypatch.chdir(tmp_path / "mine")
    arguments = shlex.split(line.partition("npl-sim ")[2])
    assert command(*arguments, "--no-figures", "--out", "run")[0] == 0


def test_files_are_replaced_only_by_force(command, tmp_path):
    mine = tmp_path / "mine" / "three_tranche.flows.yaml"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    code, _, err = command("init", "mine", "--example", "three_tranche")
    assert code == 2 and "three_tranche.flows.yaml: exists already; use --force" in err
    assert [path.name for path in mine.parent.iterdir()] == [mine.name]
    assert command("init", "mine", "--example", "three_tranche", "--force")[0] == 0
    assert mine.read_text(encoding="utf-8") != "mine"


def test_an_unknown_example_lists_those_that_ship(command):
    code, _, err = command("init", "mine", "--example", "itali")
    assert code == 2 and "did you mean 'italy'?" in err and all(name in err for name in NAMES)


def test_init_writes_one_thing(command):
    code, _, err = command("init", "mine", "--example", "italy", "--synthetic", "5")
    assert code == 2 and "expected either --example NAME or --synthetic N" in err
    code, _, err = command("init", "mine", "other", "--example", "italy")
    assert code == 2 and "init --example: got 2 folders; expected one" in err


def test_what_a_base_has_and_the_tape_lacks_draws_no_warning(command, tmp_path):
    """The tape of the example has no corporate loans, and its base has a policy for them."""
    assert command("init", "mine", "--example", "italy")[0] == 0
    study = tmp_path / "mine" / "italy.yaml"
    code, out, _ = command("validate", study)
    assert code == 0 and "the tape holds no" not in out
    more = "policies:\n  - {name: boats, applies_to: {products: [boat]}, residual_share: 0.1}\n"
    study.write_text(study.read_text(encoding="utf-8") + more, encoding="utf-8")
    _, out, _ = command("validate", study)
    assert "policies.4: no loan of the tape falls under policy 'boats'" in out
    assert "policies.4.applies_to.products: the tape holds no boat" in out
