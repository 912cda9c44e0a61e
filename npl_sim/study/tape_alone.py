"""Studies of a tape alone: a loan file without a study, or the tape of a study that is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from npl_sim.core.errors import StudyError, escaped
from npl_sim.study.inputs.apply import apply_inputs
from npl_sim.study.loaded import LoadedStudy
from npl_sim.study.loader import PARTS, checked_study, within_folders
from npl_sim.study.renamed_keys import STUDY_KEYS, STUDY_VALUES, Renames
from npl_sim.study.sections import on_base
from npl_sim.study.yaml_places import Source
from npl_sim.study.yaml_source import read


def study_of_tape(tape: str | Path, overrides: Mapping[str, Any] | None = None) -> LoadedStudy:
    """Return a study with only a loan file, to check that file by itself.

    Parameters
    ----------
    tape
        Loan file.
    overrides
        Values by dotted key, such as ``{"tape.columns.principal": "balance"}``. Dates are checked
        against today unless ``valuation_date`` is among them.
    """
    today = date.today()
    path = Path(tape)
    source = Source(places={(): str(path)}, files=[path])
    data = {
        "name": path.stem[:120],
        "valuation_date": today,
        "tape": {"loans": path.name},
        "policies": [{"name": "none"}],
        "simulation": {"scenarios": 2},
    }
    loaded = checked_study(data, path, source, overrides or {})
    if loaded.study.valuation_date != today:
        return loaded
    note = (
        f"{escaped(str(path))}: dates are checked against today, {today}; "
        "--set valuation_date=2026-06-30 checks against another date"
    )
    return replace(loaded, warnings=(note, *loaded.warnings))


def tape_of_study(path: Path, overrides: Mapping[str, Any] | None = None) -> LoadedStudy:
    """Return a study with only the tape of another study, to check that tape alone.

    Parameters
    ----------
    path
        YAML file of the other study.
    overrides
        Its overrides; those of other sections are left out.

    Raises
    ------
    StudyError
        If its section `tape` cannot be read.
    """
    source = Source()
    whole = read(path, (), source)
    keys = ("valuation_date", "currency", "tape", "files_within")
    if isinstance(whole, dict):
        based = {"base": overrides["base"]} if overrides and "base" in overrides else {}
        parts = replace(PARTS, sections=(("tape",),), nested={})
        with within_folders(whole, path, overrides or {}):
            whole, errors = on_base(
                whole, path, source, parts, Renames(STUDY_KEYS, STUDY_VALUES), based
            )
        if errors:
            raise StudyError(errors)
        apply_inputs(whole, path.parent, source, tape_only=True)
    data = {key: whole[key] for key in keys if isinstance(whole, dict) and key in whole}
    data |= {"name": "tape", "policies": [{"name": "none"}], "simulation": {"scenarios": 2}}
    wanted = {k: v for k, v in (overrides or {}).items() if k.split(".")[0] in keys}
    return checked_study(data, path, source, wanted)
