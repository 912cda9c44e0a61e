"""Measure what a contract leaves with the seller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.errors import ChannelError
from npl_sim.core.issues import Issue
from npl_sim.core.provenance import text_hash
from npl_sim.reports.heading import issue_values
from npl_sim.runs.contents import Contents
from npl_sim.runs.folder import (
    PLAIN,
    Run,
    SaveOptions,
    store_cash,
    write_folder,
)
from npl_sim.runs.place import new_place
from npl_sim.tape.issues import ranked

if TYPE_CHECKING:
    from npl_sim.channels.result import ChannelResult
    from npl_sim.channels.terms.contract import ChannelContract
    from npl_sim.reports.channel.verdict import Judgment
    from npl_sim.runs.channel_cash import ChannelCash
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.study_session import StudySession


@dataclass(frozen=True)
class RetainedRisk:
    """Retained risk, verdict and capital of a contract."""

    cash: ChannelCash
    """Outcomes of the package."""
    contract: ChannelContract
    """Contract as disclosed."""
    side_letter: ChannelContract | None
    """Contract with its side letter, where one is compared."""
    result: ChannelResult
    """Measured versions of the contract."""
    judgments: tuple[Judgment, ...]
    """Verdict on each version, or the reason why there is none."""
    issues: tuple[Issue, ...]
    """Issues of the cash and of the contract, the most important first."""

    @property
    def has_verdict(self) -> bool:
        """Whether every version has a verdict."""
        from npl_sim.reports.channel.verdict_head import without_verdict

        return not without_verdict(self.judgments)


def contract_of(study: StudySession) -> ChannelContract:
    """Return the contract that a study names.

    Raises
    ------
    ChannelError
        If there is none.
    """
    if study.study.channel is None:
        raise ChannelError(
            f"{study.loaded.path}: names no contract; expected --contract FILE, or the key "
            "channel in the study. For a table of outcomes: npl-sim channel CONTRACT --outcomes "
            "FILE"
        )
    return study.study.channel


def check_contract(
    study: StudySession, contract: ChannelContract, side_letter: ChannelContract | None = None
) -> None:
    """Refuse before the simulation a contract that does not fit its study.

    Parameters
    ----------
    study
        The study of the package.
    contract
        Contract as disclosed.
    side_letter
        Contract with its side letter.

    Raises
    ------
    ChannelError
        If its currency is not that of the study, or a date lies beyond the horizon.
    """
    from npl_sim.channels.terms.checks import within_horizon

    currency = study.study.currency
    if contract.currency is not None and contract.currency != currency:
        raise ChannelError(
            f"contract {contract.name!r}: got currency {contract.currency}; expected {currency}, "
            "that of the study"
        )
    others = () if side_letter is None else (side_letter.with_side_letter(),)
    for terms in (contract, contract.with_side_letter(), *others):
        within_horizon(terms, study.study.simulation.horizon_months)


def measure_contract(
    contract: ChannelContract, cash: ChannelCash, side_letter: ChannelContract | None = None
) -> RetainedRisk:
    """Measure what a contract leaves with the seller, and judge it.

    Parameters
    ----------
    contract
        Contract as disclosed.
    cash
        Outcomes of the package.
    side_letter
        Contract with its side letter, to be compared.
    """
    from npl_sim.analysis.contract_plausibility import contract_issues
    from npl_sim.channels.result import measure
    from npl_sim.reports.channel.verdict import judgments

    with cash.clock.phase("measure"):
        measured = measure(contract, cash.outcomes, side_letter, cash.currency)
        result = replace(measured, carrying_amount=cash.carrying_amount, holdings=cash.holdings)
        judged = judgments(result)
    issues = ranked([*cash.issues, *contract_issues(result)])
    return RetainedRisk(cash, contract, side_letter, result, judged, issues)


def save_channel(
    risk: RetainedRisk, place: RunPlace | None = None, options: SaveOptions = PLAIN
) -> Run:
    """Write the run folder of a contract.

    Parameters
    ----------
    risk
        A measured contract.
    place
        Place of the folder; defaults to a new one in `runs`, named after contract and time.
    options
        Contents of the folder.
    """
    texts = _texts(risk, Path("runs") / "run" if place is None else place.folder)
    digest = text_hash(texts["contract.json"] + texts.get("side_letter.json", ""))
    facts = {
        "contract": risk.contract.name,
        "contract_sha256": digest,
        "command": list(options.command),
        **risk.cash.facts,
    }
    with risk.cash.clock.phase("write"):
        return write_folder(
            place or new_place(risk.contract.name, digest),
            lambda draft: _fill(draft, risk, texts, options),
            facts,
            risk.cash.clock.seconds,
        )


def _texts(risk: RetainedRisk, folder: Path) -> dict[str, str]:
    """Return the text files of a run folder by name."""
    from npl_sim.reports.channel.verdict import verdict_texts
    from npl_sim.reports.channel.verdict_head import head_text

    texts = {}
    if risk.cash.simulation is not None:
        from npl_sim.reports.policy_text import assumptions_text
        from npl_sim.runs.priced_run import study_json

        study = risk.cash.simulation.study.study
        texts = {
            "study.json": study_json(study, folder),
            "assumptions.txt": assumptions_text(study),
        }
    for name, terms in (("contract.json", risk.contract), ("side_letter.json", risk.side_letter)):
        if terms is not None:
            texts[name] = terms.model_dump_json(indent=2) + "\n"
    lines = [
        head_text(risk.result, risk.judgments),
        *verdict_texts(risk.judgments, risk.result.currency),
    ]
    return texts | {"verdict.txt": "\n".join(lines)}


def _fill(
    draft: Path, risk: RetainedRisk, texts: Mapping[str, str], options: SaveOptions
) -> Sequence[str]:
    """Write all files, figures last; return warnings on figures not drawn."""
    from npl_sim.reports.channel.plots import drawings
    from npl_sim.reports.channel.tables import summary, tables
    from npl_sim.reports.channel.verdict import capital_drawings, verdict_summary
    from npl_sim.reports.channel.verdict_values import head_values

    result, judgments = risk.result, risk.judgments
    content = {
        "verdict": head_values(result, judgments),
        **issue_values(risk.issues),
        **summary(result),
        "verdicts": verdict_summary(judgments),
        "notes": list(risk.cash.notes),
    }
    for name, text in texts.items():
        (draft / name).write_text(text, encoding="utf-8")
    if risk.cash.simulation is not None:
        store_cash(draft, risk.cash.simulation.cash, options)
    figures = drawings(result) | capital_drawings(judgments, result.currency)
    frames = tables(result, options.full_cash)
    return Contents(frames, content, figures).write(draft, options)
