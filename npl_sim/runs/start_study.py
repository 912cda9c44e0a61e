"""Begin a study from a bank's files: a short study, and a workbook of inputs to be edited."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.disk.whole_file import write_output
from npl_sim.core.errors import NplSimError, StudyError, TapeError
from npl_sim.reports.inputs.kept import Ids, KeptRow, kept_rows, with_kept
from npl_sim.runs.refused_inputs import refuse_results
from npl_sim.runs.study_text import chosen_base, located_base, study_text
from npl_sim.study.inputs.apply import KEY
from npl_sim.study.inputs.entry_sheets import ENTRIES
from npl_sim.study.inputs.layout import SHEETS, WORKBOOK
from npl_sim.study.inputs.sheet_rows import InputWorkbook

if TYPE_CHECKING:
    from npl_sim.analysis.question_effects import PricedQuestions
    from npl_sim.core.progress import Listener
    from npl_sim.reports.inputs.terms import Term
    from npl_sim.runs.study_session import StudySession
    from npl_sim.study.model import Study
    from npl_sim.tape.proposal.model import Option, Proposal
    from npl_sim.tape.table import LoanTable

STUDY = "study.yaml"
"""Name of the study that is written."""

Kept = Mapping[str, Mapping[Ids, KeptRow]]


@dataclass(frozen=True)
class StartedStudy:
    """A study that was begun."""

    study: Path
    """The study."""
    inputs: Path
    """The workbook of inputs."""
    base: str
    """Name of the base."""
    proposal: Proposal
    """How the files are read."""
    priced: PricedQuestions | None
    """Open questions with their effects; None if the files cannot be priced as they are read."""
    currency: str
    """Currency of the package."""
    kept: int
    """Rows of an earlier workbook with cells of the user, all of which are kept."""
    remarks: tuple[str, ...]
    """What the user should know: files that were kept or saved, and why nothing was priced."""


def start_study(
    files: Sequence[Path], folder: Path, listener: Listener, base: str = "", force: bool = False
) -> StartedStudy:
    """Write a short study and a workbook of inputs for the files of a bank.

    Cells that a user wrote into an earlier workbook are kept.

    Parameters
    ----------
    files
        Workbooks and text files of the bank.
    folder
        Folder of the study; it is made if it does not exist.
    listener
        Receives progress.
    base
        Name of the base; defaults to the one that fits law and products.
    force
        Whether a study in the folder is replaced, its old text being saved beside it.

    Raises
    ------
    NplSimError
        If a file is a result, or cannot be read; if no base fits; or if nothing can be written.
    """
    from npl_sim.runs.study_session import load_study
    from npl_sim.tape.proposal.propose import propose

    refuse_results(files)
    study_path, inputs_path = folder / STUDY, folder / WORKBOOK
    kept = _kept(inputs_path)
    proposal = propose(files)
    base = located_base(base, folder) if base else chosen_base(proposal)
    remarks: list[str] = []
    _make(folder)
    if study_path.exists() and not force:
        remarks.append(f"{study_path} is kept as it is; --force replaces it")
    else:
        if study_path.exists():
            remarks.append(_saved(study_path))
        write_output(study_path, study_text(files, folder, proposal, base).encode())
    if any(kept.values()):
        remarks.append(_saved(inputs_path))
    _write(inputs_path, proposal, kept, base)
    session, table, why = _read(study_path)
    remarks += why
    # Values of the base are those below the cells of the user.
    priced, terms = None, _terms(load_study(study_path, {KEY: None}).study, table)
    if table is not None:
        priced, more = _priced(session, table, study_path, proposal, listener)
        remarks += more
    if proposal.cut_off_date is None:
        remarks.append("no file states a cut-off date: answer the question cut_off_date")
    currency = session.study.currency
    _write(inputs_path, proposal, kept, base, terms, priced, currency)
    number = sum(len(rows) for rows in kept.values())
    return StartedStudy(
        study_path, inputs_path, base, proposal, priced, currency, number, tuple(remarks)
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NplSimError(f"{folder}: cannot be made ({error.strerror})") from None


def _saved(path: Path) -> str:
    """Save a copy of a file that is about to be replaced; return a remark."""
    copy = path.with_name(f"{path.stem}.before{path.suffix}")
    try:
        shutil.copyfile(path, copy)
    except OSError as error:
        raise NplSimError(f"{copy}: cannot be written ({error.strerror})") from None
    return f"the {path.name} of before was saved as {copy}"


def _kept(path: Path) -> dict[str, dict[Ids, KeptRow]]:
    """Return the user's rows of an earlier workbook."""
    if not path.exists():
        return {}
    try:
        book = InputWorkbook(path, "init")
        return {sheet.key: kept_rows(book, sheet) for sheet in (*SHEETS, *ENTRIES)}
    except StudyError as error:
        lines = "\n".join(error.errors)
        raise NplSimError(
            f"{lines}\n{path}: cannot be read, so its cells cannot be kept; mend it, or move it "
            "away to begin anew"
        ) from None


def _read(path: Path) -> tuple[StudySession, LoanTable | None, list[str]]:
    """Return the study, and its tape as far as it can be read, and why not."""
    from npl_sim.runs.study_session import load_study

    session = load_study(path)
    try:
        return session, session.read(), []
    except TapeError as error:
        return session, None, ["the effects of questions are not known:", *str(error).split("\n")]


def _priced(
    session: StudySession,
    table: LoanTable,
    path: Path,
    proposal: Proposal,
    listener: Listener,
) -> tuple[PricedQuestions | None, list[str]]:
    """Return the open questions with their effects on the price, or why there are none."""
    from npl_sim.analysis.question_effects import price_questions
    from npl_sim.runs.study_session import load_study

    def read(option: Option) -> tuple[Study, LoanTable]:
        changed = load_study(path, _overrides(session.study, option))
        return changed.study, changed.read()

    try:
        found = price_questions(session.study, table, proposal.questions, read, listener)
    except NplSimError as error:
        return None, ["the effects of questions are not known:", *str(error).split("\n")]
    return found, []


def _overrides(study: Study, option: Option) -> dict[str, Any]:
    """Return the overrides by which a study takes an answer; mappings merge key by key."""
    stated = study.tape.model_dump(mode="json", include=set(option.settings))
    tape = {f"tape.{key}": _merged(stated[key], value) for key, value in option.settings.items()}
    return {**option.study, **tape}


def _merged(below: Any, above: Any) -> Any:
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}


def _terms(study: Study, table: LoanTable | None) -> list[Term]:
    """Return the assumptions that matter to the package; those of all if it cannot be read."""
    from npl_sim.engine.policy_rows import policy_rows
    from npl_sim.reports.inputs.terms import terms
    from npl_sim.tape.names import kind_and_place, terms_name

    if table is None:
        return terms(study)
    items = table.collateral
    secured = table.loans["loan_id"].isin(items["loan_id"]).to_numpy(dtype=bool)
    try:
        rows = policy_rows(study.policies, table.loans, secured)
    except StudyError:
        return terms(study)
    keys = {kind_and_place(name): name for name in study.collateral}
    pairs = items[["kind", "region"]].astype(str).drop_duplicates().itertuples(index=False)
    kinds = {keys.get(terms_name(keys, *pair) or "", "") for pair in pairs}
    return terms(study, {study.policies[i].name for i in set(rows.tolist())}, kinds)


def _write(
    path: Path,
    proposal: Proposal,
    kept: Kept,
    base: str,
    terms: Sequence[Term] = (),
    priced: PricedQuestions | None = None,
    currency: str = "",
) -> None:
    """Write the workbook of inputs."""
    from npl_sim.reports.inputs import rows
    from npl_sim.reports.inputs.text import introduction
    from npl_sim.reports.inputs.workbook import InputBook, write_inputs

    tables = (
        rows.questions_table(priced, currency),
        rows.mapping_table(proposal),
        rows.codes_table(proposal),
        rows.assumptions_table(terms, base),
        *rows.entry_tables(),
    )
    day = proposal.cut_off_date or date(2000, 1, 1)
    book = InputBook(
        path.resolve().parent.name,
        introduction(base),
        [with_kept(table, kept.get(table.sheet.key, {})) for table in tables],
        datetime(day.year, day.month, day.day),
    )
    write_inputs(path, book)
