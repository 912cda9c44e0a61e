"""Inputs that a run folder records: study, scenarios, versions, tape with hashes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from npl_sim.core.caller import argument
from npl_sim.core.confinement import is_inside
from npl_sim.core.errors import RunFolderError
from npl_sim.core.masking import ENDINGS
from npl_sim.core.provenance import file_hash
from npl_sim.runs.folder import Run, read_text
from npl_sim.study.masking import MASKED_SHEET
from npl_sim.study.model import Study

if TYPE_CHECKING:
    from npl_sim.tape.table import LoanTable


def study_of(run: Run) -> Study:
    """Return the study of a run.

    Raises
    ------
    RunFolderError
        If it is damaged, or is none of this version.
    """
    path = run.folder / "study.json"
    try:
        return Study.model_validate_json(read_text(path, "the study of a finished run"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        if first["type"] == "json_invalid":
            raise RunFolderError(
                f"{path}: {first['msg']}; expected the study of a finished run: it is cut or "
                "damaged"
            ) from None
        raise RunFolderError(
            f"{path}: {where}: {first['msg']}; expected a study of this version of npl_sim, "
            f"and this one was written by {version_of(run)}"
        ) from None


def version_of(run: Run, of: str = "npl_sim") -> str:
    """Return a version that the manifest names."""
    versions = run.manifest.get("versions")
    return str(versions.get(of, "another")) if isinstance(versions, dict) else "another"


def scenarios_of(run: Run) -> int:
    """Return how many scenarios a run took.

    Raises
    ------
    RunFolderError
        If the manifest does not tell.
    """
    found = run.manifest.get("scenarios")
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise RunFolderError(
            f"{run.folder / 'manifest.json'}: scenarios is {str(found)[:40]!r}; expected a whole "
            "number above 0"
        )
    return found


def with_tape(run: Run, study: Study, folders: Sequence[Path]) -> Study:
    """Return the study with the paths of the files that were priced, found by their bytes.

    Raises
    ------
    RunFolderError
        If a file is not found, or a sheet of it is masked, so that it cannot be read again.
    """
    if MASKED_SHEET in (study.tape.sheet, study.tape.collateral_sheet, study.tape.guarantor_sheet):
        raise RunFolderError(
            f"{run.folder}: was written with masked names, also that of the sheet. "
            f"Expected a run of a file with one sheet, or without {argument('mask')}"
        )
    places: dict[str, list[Path]] = {role: [] for role in study.tape.files}
    for role, sha256, recorded in _sources(run, study):
        named = study.tape.files[role][len(places[role]) :][:1]
        if not named:
            continue  # a sheet of the loans' workbook
        requested = [f / path.name for f in folders for path in named]
        # A recorded path may be relative to the run folder; a joined absolute one stays as it is.
        at = [run.folder / place for place in (*recorded, *named)]
        places[role].append(_found([*requested, *at, *named], folders, sha256, run))
    found = {
        role: tuple(paths) if len(paths) > 1 else paths[0]
        for role, paths in places.items()
        if paths
    }
    return study.model_copy(update={"tape": study.tape.model_copy(update=found)})


def _sources(run: Run, study: Study) -> Iterator[tuple[str, str, list[Path]]]:
    """Yield role, hash and recorded place of each file of the tape that was priced.

    Raises
    ------
    RunFolderError
        If the manifest does not list them.
    """
    sources = run.manifest.get("tape")
    if not isinstance(sources, list) or not sources:
        raise RunFolderError(
            f"{run.folder / 'manifest.json'}: tape lists no files; expected role and sha256 of "
            "each file that was priced"
        )
    for i, source in enumerate(sources):
        entry = source if isinstance(source, dict) else {}
        role, sha256, path = (entry.get(name) for name in ("role", "sha256", "path"))
        if (
            not isinstance(role, str)
            or role not in study.tape.files
            or not isinstance(sha256, str)
        ):
            raise RunFolderError(
                f"{run.folder / 'manifest.json'}: tape.{i} is {str(source)[:60]!r}; expected role "
                "and sha256 of a file"
            )
        yield role, sha256, [Path(path)] if isinstance(path, str) else []


def _found(candidates: list[Path], folders: Sequence[Path], sha256: str, run: Run) -> Path:
    """Return the file with the bytes that were priced: at its path, or anywhere in a folder.

    Raises
    ------
    RunFolderError
        If there is none.
    """
    there = [p for p in dict.fromkeys(candidates) if is_inside(p) and p.is_file()]
    beside = (p for f in folders if f.is_dir() for p in sorted(f.iterdir()) if _may_be_a_tape(p))
    for path in itertools.chain(there, beside):
        if file_hash(path) == sha256:
            return path
    looked = ", ".join(str(p) for p in dict.fromkeys(candidates))
    what = "was changed since the run" if there else "is not there"
    bare = all(
        len(p.relative_to(run.folder).parts) == 1
        for p in candidates
        if p.is_relative_to(run.folder)
    )
    why = (
        "; the run folder does not say in which folder it lay (masked names or relative paths)"
        if bare
        else ""
    )
    raise RunFolderError(
        f"{run.folder}: the tape that was priced {what}; looked for {looked}{why}. Expected a "
        f"file with SHA-256 {sha256[:16]}...; on the command line, --tape names another folder"
    )


def _may_be_a_tape(path: Path) -> bool:
    return path.suffix.lower().lstrip(".") in ENDINGS and is_inside(path) and path.is_file()


def table_of(study: Study) -> LoanTable:
    """Return the tape of a study as the run read it."""
    from npl_sim.tape.table import read_tape

    # As `StudySession` reads it: marks beside amounts must agree with the study's currency.
    return read_tape(
        study.tape.model_copy(update={"currency": study.currency}), study.valuation_date
    )
