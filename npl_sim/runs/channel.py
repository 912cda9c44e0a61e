"""The work of `npl-sim channel`: what is said, in what order, around the calls."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from npl_sim.core.errors import ChannelError
from npl_sim.core.issues import Issue
from npl_sim.core.provenance import file_hash, text_hash
from npl_sim.core.streams import print_json
from npl_sim.reports.heading import issue_values
from npl_sim.runs.console import PlainConsole
from npl_sim.runs.folder import Run, write_folder, write_json, write_tables
from npl_sim.runs.place import new_place
from npl_sim.runs.recorded_paths import folder_text, recorded_file, recorded_texts
from npl_sim.runs.simulating import Clock, print_undrawn, simulated, talk_console
from npl_sim.tape.issues import LISTED_BY, ranked

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.channel.outcomes import Outcomes
    from npl_sim.channel.result import CarryingAmount, ChannelResult
    from npl_sim.channel.terms.contract import ChannelContract
    from npl_sim.reports.channel.verdict import Judgement
    from npl_sim.runs.case import Case
    from npl_sim.runs.place import RunPlace
    from npl_sim.study.model import Study

__all__ = ["Ask", "carrying_amount", "kinds_of_loans", "channel_of_outcomes", "channel_of_study"]


@dataclass(frozen=True)
class Beside:
    """What is said beside a result.

    Attributes
    ----------
    notes
        Notes on a table of outcomes.
    issues
        What may be wrong with the study, its tape and its simulated cash.
    listed_by
        What lists every issue.
    carried
        What the seller's books say; none: not known.
    holdings
        Gross book value by kind of loan; none: not known. [package currency]
    """

    notes: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    listed_by: str = LISTED_BY
    carried: CarryingAmount | None = None
    holdings: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Ask:
    """How a run is to be told.

    Attributes
    ----------
    out
        Place of the run folder; none: one of its own.
    as_json, figures, quiet, full_cash, work
        As the options of the command.
    """

    out: RunPlace | None
    as_json: bool
    figures: bool
    quiet: bool
    full_cash: bool
    work: Path | None = None

    def console(self) -> Console:
        """Return where to talk while working."""
        return talk_console(self.quiet or self.as_json)


def channel_of_study(
    case: Case, contract: ChannelContract, hidden: ChannelContract | None, ask: Ask
) -> bool:
    """Simulate a study's package, carry a contract out on it, write a run folder and print what stays.

    Returns whether there is a verdict on every version.
    """
    from npl_sim.channel.outcomes import outcomes_of_flows
    from npl_sim.channel.terms.checks import within_horizon
    from npl_sim.reports.policy_text import assumptions_text
    from npl_sim.runs.priced_run import study_json
    from npl_sim.study.fingerprint import study_hash

    talk, clock = ask.console(), Clock()
    study = case.study
    if contract.currency is not None and contract.currency != study.currency:
        raise ChannelError(
            f"contract {contract.name!r}: got currency {contract.currency}; expected {study.currency}, that of the study"
        )
    for words in (
        contract,
        contract.with_side_letter(),
        *((hidden.with_side_letter(),) if hidden is not None else ()),
    ):
        within_horizon(
            words, study.simulation.horizon_months
        )  # before the time of a simulation is spent
    flows, table = simulated(case, talk, clock, work=ask.work), case.table
    rate = (
        study.pricing.required_return if contract.discount_rate is None else contract.discount_rate
    )
    outcomes = outcomes_of_flows(flows, rate, contract.face)
    facts = {
        "study": study.name, "study_sha256": study_hash(study), "tape": [vars(s) for s in table.sources],
        "seed": study.simulation.seed, "threads": study.simulation.threads, "scenarios": outcomes.scenarios,
    }  # fmt: skip
    place = Path("runs") / "run" if ask.out is None else ask.out.folder
    texts = {"study.json": study_json(study, place), "assumptions.txt": assumptions_text(study)}
    return _finish(
        contract, hidden, outcomes, study.currency, ask, talk, clock, facts, texts,
        Beside(issues=case.issues(flows), carried=carrying_amount(study, flows), holdings=kinds_of_loans(case, flows)),
    )  # fmt: skip


def carrying_amount(study: Study, flows: Cash) -> CarryingAmount | None:
    """Return what the seller's books say, where the study tells its provisions."""
    from npl_sim.channel.result import CarryingAmount
    from npl_sim.valuation.seller import provisions_of

    if study.seller is None or not study.seller.provision_coverage:
        return None
    provisions = provisions_of(flows, study.seller)
    return CarryingAmount(
        flows.gbv - provisions,
        f"GBV {flows.gbv:,.2f} less provisions {provisions:,.2f}, by the study's seller.provision_coverage",
    )


def kinds_of_loans(case: Case, flows: Cash) -> dict[str, float]:
    """Return the gross book value by kind of loan, from the tape. [package currency]"""
    from npl_sim.capital.loan_kinds import holdings

    loans = flows.loans
    secured = loans["loan_id"].isin(case.table.collateral["loan_id"]).to_numpy()
    return holdings(loans["product"], secured, loans["gbv"].to_numpy())


def channel_of_outcomes(
    path: Path, contract: ChannelContract, hidden: ChannelContract | None, seed: int, ask: Ask
) -> bool:
    """Read a table of outcomes, carry a contract out on it, write a run folder and print what stays.

    Returns whether there is a verdict on every version.
    """
    from npl_sim.channel.outcome_table import read_outcomes

    talk, clock = ask.console(), Clock()
    with clock.phase("read"):
        outcomes, notes = read_outcomes(
            path, contract.face, contract.discount_rate or 0.0, seed, contract.currency or ""
        )
    if contract.discount_rate is None and outcomes.months > 0:
        notes = (
            *notes,
            "discount_rate is not given: amounts of different months are compared undiscounted",
        )
    notes = tuple(recorded_texts(notes, {"outcomes": path}))
    for line in notes:
        talk.print(f"note: {line}", markup=False)
    beside = Beside(
        tuple(notes),
        tuple(Issue("warning", "", line) for line in notes),
        "the key notes of summary.json",
    )
    facts = {
        "outcomes": {"file": recorded_file(path, "outcomes"), "sha256": file_hash(path)}, "seed": seed, "scenarios": outcomes.scenarios,
    }  # fmt: skip
    return _finish(
        contract, hidden, outcomes, contract.currency or "", ask, talk, clock, facts, {}, beside
    )


def _finish(
    contract: ChannelContract, hidden: ChannelContract | None, outcomes: Outcomes, currency: str, ask: Ask, talk: Console,
    clock: Clock, facts: dict[str, Any], words: dict[str, str], beside: Beside,
) -> bool:  # fmt: skip
    from npl_sim.analysis.contract_plausibility import contract_issues
    from npl_sim.channel.result import measure
    from npl_sim.reports.channel.verdict import judgements, verdict_texts
    from npl_sim.reports.channel.verdict_head import head_text, without_verdict

    with clock.phase("measure"):
        measured = measure(contract, outcomes, hidden, currency)
        result = replace(measured, carrying_amount=beside.carried, holdings=beside.holdings)
        judged = judgements(result)
    beside = replace(beside, issues=ranked([*beside.issues, *contract_issues(result)]))
    documents = {"contract.json": contract, "hidden.json": hidden}
    texts = words | {
        n: d.model_dump_json(indent=2) + "\n" for n, d in documents.items() if d is not None
    }
    texts["verdict.txt"] = "\n".join(
        [head_text(result, judged), *verdict_texts(judged, result.currency)]
    )
    digest = text_hash(texts["contract.json"] + texts.get("hidden.json", ""))
    facts = {
        "contract": contract.name,
        "contract_sha256": digest,
        "command": ["npl-sim", *sys.argv[1:]],
        **facts,
    }
    with clock.phase("write"):
        run = write_folder(
            ask.out or new_place(contract.name, digest),
            lambda draft: _fill(draft, result, texts, judged, ask, beside),
            facts, clock.seconds,
        )  # fmt: skip
    _tell(run, result, judged, ask, talk, clock, beside)
    return not without_verdict(judged)


def _fill(
    draft: Path,
    result: ChannelResult,
    texts: dict[str, str],
    judged: tuple[Judgement, ...],
    ask: Ask,
    beside: Beside,
) -> list[str]:
    """Write all files, figures last; return what could not be drawn."""
    from npl_sim.reports.channel.tables import summary, tables
    from npl_sim.reports.channel.verdict import save_capital, verdict_summary
    from npl_sim.reports.channel.verdict_head import head_values

    write_tables(draft, tables(result, ask.full_cash))
    head = {"verdict": head_values(result, judged)}
    told = {"verdicts": verdict_summary(judged), "notes": list(beside.notes)}
    write_json(
        draft / "summary.json", {**head, **issue_values(beside.issues), **summary(result), **told}
    )
    for name, text in texts.items():
        (draft / name).write_text(text, encoding="utf-8")
    undrawn: list[str] = []
    if ask.figures:
        from npl_sim.reports.channel.plots import save_channel

        save_channel(result, draft / "figures", undrawn)
        save_capital(judged, result.currency, draft / "figures", undrawn)
    return undrawn


def _tell(
    run: Run, result: ChannelResult, judged: tuple[Judgement, ...], ask: Ask, talk: Console, clock: Clock, beside: Beside
) -> None:  # fmt: skip
    if ask.as_json:
        print_json(run.summary)
    elif not ask.quiet:
        from npl_sim.reports.channel.text import print_channel
        from npl_sim.reports.channel.verdict import verdict_texts
        from npl_sim.reports.channel.verdict_head import head_text

        # A file or pipe has no width of its own; the widest table needs some 120 columns.
        width = None if sys.stdout.isatty() else 130
        console = PlainConsole(width=width)
        console.print()
        console.print(
            head_text(result, judged, console.width), highlight=False, markup=False, soft_wrap=True
        )
        print_channel(result, console, beside.issues, beside.listed_by)
        for text in verdict_texts(judged, result.currency, console.width):
            console.print()
            console.print(text, highlight=False, markup=False, soft_wrap=True)
    print_undrawn(run)
    spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in clock.seconds.items())
    talk.print(f"{spent}: {folder_text(run.folder)}", markup=False)
