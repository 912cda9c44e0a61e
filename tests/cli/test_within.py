"""Confinement: a file outside the folder is refused before it is opened, if it exists or not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from npl_sim.core.confinement import check_inside, confined, confining
from npl_sim.core.errors import ConfinementError, StudyError
from npl_sim.runs.case import load_study
from tests.builders.studies import loan, study
from tests.cli.conftest import POLICY, SIZE

SECRET = "Brimvolt-7731"
DEAL = Path(__file__).parents[1] / "deal" / "files" / "example.yaml"
CONTRACT = Path(__file__).parents[2] / "configs" / "channel" / "first_loss_guarantee.yaml"


@pytest.fixture
def inner(tmp_path):
    """A folder with a study, beside one with files that must stay private."""
    folder, out = tmp_path / "inner", tmp_path / "outer"
    study(folder, [loan(i) for i in range(4)], POLICY, **SIZE)
    study(out, [loan(i, product=SECRET) for i in range(4)], POLICY, **SIZE)
    (out / "words.yaml").write_text(f"{SECRET}: {SECRET}\n", encoding="utf-8")
    (out / "flows.csv").write_text("scenario,month,received\n1,3,50e6\n", encoding="utf-8")
    return folder


def written(folder: Path, name: str, **changes: str) -> Path:
    """Write the study again with other words."""
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    for old, new in changes.items():
        text = text.replace({"loans": "loans.csv"}.get(old, old), new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_lies_inside_is_read(command, inner):
    assert (
        command("price", inner / "study.yaml", "--within", inner, "--out", "run", "--no-figures")[
            0
        ]
        == 0
    )
    assert confining() == ()  # over with the command


@pytest.mark.parametrize(
    "key",
    [
        "market",
        "legal",
        "policies",
        "collateral",
        "pricing",
        "simulation",
        "buyer",
        "deal",
        "channel",
        "tape",
        "tape.loans",
        "tape.collateral",
        "tape.guarantors",
        "tape.relationships",
    ],
)
@pytest.mark.parametrize("verb", ["price", "validate"])
def test_a_file_outside_is_refused_with_the_same_message_whether_or_not_it_exists(
    command, inner, key, verb
):
    texts = []
    for name in ("words.yaml", "nothing.yaml"):
        code, out, err = command(
            verb, inner / "study.yaml", "--within", inner, "--set", f"{key}=../outer/{name}"
        )
        assert code == 2
        assert SECRET not in out + err
        texts.append(err.replace(name, ""))
    assert texts[0] == texts[1]
    unused = verb == "price" and key in (
        "deal",
        "channel",
    )  # refused because pricing does not read them
    assert "lies outside the folder in which files may be read" in texts[0] or unused


def test_links_are_followed(command, inner):
    os.symlink(inner.parent / "outer" / "loans.csv", inner / "link.csv")
    os.symlink(inner.parent / "outer", inner / "folder")
    for name in ("link.csv", "folder/loans.csv"):
        code, _, err = command("validate", written(inner, "s.yaml", loans=name), "--within", inner)
        assert code == 2
        assert "lies outside" in err
    os.symlink(inner / "loans.csv", inner / "own.csv")
    assert (
        command("validate", written(inner, "s.yaml", loans="own.csv"), "--within", inner)[0] == 0
    )


def test_the_study_itself_a_tape_alone_and_every_other_file(command, inner):
    outer = inner.parent / "outer"
    for arguments in (
        ("price", outer / "study.yaml"),
        ("validate", outer / "loans.csv"),
        ("explain", outer / "study.yaml"),
        ("compare", outer / "study.yaml", "--with", "simulation.seed=2"),
        ("deal", "run", inner / "study.yaml", "--deal", outer / "words.yaml"),
        ("channel", inner / "study.yaml", "--contract", outer / "words.yaml"),
        ("channel", outer / "words.yaml", "--outcomes", inner / "loans.csv"),
        ("deal", "size", outer / "words.yaml", "--flows", outer / "flows.csv"),
        ("compare", outer, outer),
    ):
        code, out, err = command(*arguments, "--within", inner)
        assert (code, SECRET in out + err, "lies outside" in err) == (2, False, True), arguments


def test_flows_outcomes_and_sections_of_a_deal(command, inner):
    outer = inner.parent / "outer"
    (inner / "deal.yaml").write_bytes(DEAL.read_bytes())
    (inner / "contract.yaml").write_bytes(CONTRACT.read_bytes())
    for arguments in (
        ("deal", "run", inner / "deal.yaml", "--flows", outer / "flows.csv"),
        ("deal", "run", inner / "deal.yaml", "--flows", outer / "words.yaml"),
        (
            "deal",
            "run",
            inner / "deal.yaml",
            "--flows",
            inner / "f.csv",
            "--set",
            "structure=../outer/words.yaml",
        ),
        ("channel", inner / "contract.yaml", "--outcomes", outer / "flows.csv"),
    ):
        code, out, err = command(*arguments, "--within", inner)
        assert (code, SECRET in out + err, "lies outside" in err) == (2, False, True), arguments


def test_patterns_of_a_batch(command, inner):
    outer = inner.parent / "outer"
    code, _, err = command("batch", outer / "study.yaml", "--within", inner, "--out", "b")
    assert (code, "lies outside" in err) == (2, True)
    for pattern in (
        f"{outer}/*.yaml",
        f"{outer}/no*.yaml",
    ):
        # The message does not reveal whether a file outside matches.
        code, _, err = command("batch", pattern, "--within", inner, "--out", "b")
        assert (code, "matches no file" in err) == (2, True)
    os.symlink(outer / "words.yaml", inner / "link.yaml")
    code, _, err = command("batch", inner, "--within", inner, "--out", "b")
    assert (code, "lies outside" in err) == (2, True)


def test_a_batch_confines_its_worker(command, inner):
    path = written(inner, "study.yaml", loans="../outer/loans.csv")
    code, out, err = command("batch", path, "--within", inner, "--out", "b")
    assert code == 4
    assert "lies outside" in out + err
    assert SECRET not in out + err


def test_the_study_confines_itself_and_can_only_narrow(command, inner):
    def arguments(within: str, loans: str) -> Path:
        return written(
            inner,
            "own.yaml",
            loans=loans,
            **{"name: small": f"name: small\nfiles_within: {within}"},
        )

    assert command("validate", arguments(".", "loans.csv"))[0] == 0
    code, _, err = command("validate", arguments(".", "../outer/loans.csv"))
    assert (code, "lies outside" in err) == (2, True)
    assert command("validate", arguments("..", "../outer/loans.csv"))[0] == 0
    for more in (
        ("--within", inner),
        ("--set", "files_within=."),
    ):  # neither is widened by the study's ..
        code, _, err = command("validate", arguments("..", "../outer/loans.csv"), *more)
        assert (code, "lies outside" in err) == (2, True)
    code, _, err = command(
        "validate", arguments(".", "../outer/loans.csv"), "--set", "files_within=.."
    )
    assert (code, "lies outside" in err) == (2, True)
    # A study that is refused for something else has its tape checked: inside, too.
    code, out, err = command(
        "validate", arguments(".", "../outer/loans.csv"), "--set", "pricing.nothing=1"
    )
    assert (code, SECRET in out + err) == (2, False)
    assert "sound" not in out  # no account of its rows
    code, _, err = command("validate", arguments("nowhere", "loans.csv"))
    assert (code, "is not a folder" in err) == (2, True)


def test_in_python_the_tape_is_confined_when_it_is_read(inner):
    case = load_study(inner / "study.yaml", within=inner)
    (inner / "loans.csv").unlink()
    os.symlink(inner.parent / "outer" / "loans.csv", inner / "loans.csv")
    with pytest.raises(ConfinementError):
        _ = case.table
    with pytest.raises(ConfinementError):
        load_study(inner.parent / "outer" / "study.yaml", within=inner)


def test_a_confinement_ends_and_only_narrows(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    with confined([tmp_path / "a" / "b"]):
        with confined([tmp_path]), pytest.raises(ConfinementError):
            check_inside(tmp_path / "a" / "file")
        check_inside(tmp_path / "a" / "b" / "file")
        with pytest.raises(ConfinementError):
            check_inside(tmp_path / "a" / "bb")  # a name that begins alike
        with pytest.raises(ConfinementError):
            check_inside("a\0b")
    check_inside(tmp_path / "a" / "file")
    with pytest.raises(ConfinementError, match="is not a folder"), confined([tmp_path / "file"]):
        pass


@pytest.mark.parametrize(
    ("text", "line"),
    [(f"{SECRET} and more\n", 1), (f"# x\n- {SECRET}\n", 2), (f"- a: 1\n-\n  - {SECRET}\n", 3)],
)
@pytest.mark.parametrize("section", ["market", "policies", "collateral"])
def test_a_section_that_is_no_mapping_is_not_quoted(inner, text, line, section):
    (inner / "s.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=rf"s\.yaml:{line}: holds a (text|list)") as error:
        load_study(inner / "study.yaml", {section: "s.yaml"})
    assert SECRET not in str(error.value)
