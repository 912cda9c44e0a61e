"""Run a deal, or size its notes, on the cash of a package."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.progress import Silent
from npl_sim.core.provenance import text_hash
from npl_sim.reports.heading import issue_values
from npl_sim.runs.contents import Contents
from npl_sim.runs.folder import PLAIN, Run, SaveOptions, write_folder
from npl_sim.runs.place import RunPlace, new_place
from npl_sim.tape.issues import ranked

if TYPE_CHECKING:
    from npl_sim.core.issues import Issue
    from npl_sim.core.progress import Listener
    from npl_sim.runs.deal_cash import DealCash
    from npl_sim.securitization.results.outcome import DealOutcome
    from npl_sim.securitization.sizing.structuring import Structured
    from npl_sim.securitization.terms.deal import Deal


@dataclass(frozen=True)
class DealResult:
    """Tranches, triggers and accounts of a deal on the cash of a package."""

    cash: DealCash
    """Cash that went through the deal."""
    outcome: DealOutcome
    """Figures by tranche, with the waterfall that they come from."""
    warnings: tuple[Issue, ...]
    """Warnings on the terms and on the run of the deal."""
    issues: tuple[Issue, ...]
    """Issues of the cash and of the deal, the most important first."""


@dataclass(frozen=True)
class SizeResult:
    """Sizes and terms of a deal, solved on the cash of a package."""

    cash: DealCash
    """Cash that went through the deal."""
    before: Deal
    """Deal as it was given."""
    structured: Structured
    """Sizes, solved terms, the seller's side and the frontier."""
    warnings: tuple[Issue, ...]
    """Warnings on the terms and on the run of the deal."""
    issues: tuple[Issue, ...]
    """Issues of the cash and of the deal, the most important first."""


def run(deal: Deal, cash: DealCash, listener: Listener | None = None) -> DealResult:
    """Run the waterfall of a deal on the cash of a package.

    Parameters
    ----------
    deal
        Terms of the deal.
    cash
        Cash by scenario and date.
    listener
        Receives warnings; defaults to a silent one.
    """
    from npl_sim.analysis.plausibility import cash_issues
    from npl_sim.securitization.results.outcome import outcome_of
    from npl_sim.securitization.results.run_warnings import run_warnings
    from npl_sim.securitization.waterfall.waterfall import run_deal

    with cash.clock.phase("waterfall"):
        waterfall = run_deal(deal, cash.flows)
    warnings = _sent((*cash.warnings, *run_warnings(waterfall)), listener)
    with cash.clock.phase("results"):
        outcome = outcome_of(waterfall, cash.flows.numbers)
    mean = cash_issues("mean of net collections", outcome.net.value, deal.pool_balance)
    issues = ranked([*cash.issues, *warnings, *mean])
    return DealResult(cash, outcome, warnings, issues)


def size(deal: Deal, cash: DealCash, listener: Listener | None = None) -> SizeResult:
    """Size the notes of a deal and solve for its open terms; parameters as in `run`."""
    from npl_sim.securitization.results.run_warnings import run_warnings
    from npl_sim.securitization.sizing.structuring import structure_deal

    with cash.clock.phase("structure"):
        result = structure_deal(deal, cash.flows)
    warnings = _sent((*cash.warnings, *run_warnings(result.run)), listener)
    issues = ranked([*cash.issues, *warnings])
    return SizeResult(cash, deal, result, warnings, issues)


def _sent(warnings: tuple[Issue, ...], listener: Listener | None) -> tuple[Issue, ...]:
    """Return warnings after sending them as messages."""
    for issue in warnings:
        (listener or Silent()).message(f"warning: {issue.text}")
    return warnings


def save_deal(
    result: DealResult, place: RunPlace | None = None, options: SaveOptions = PLAIN
) -> Run:
    """Write the run folder of a deal.

    Parameters
    ----------
    result
        A deal that was run.
    place
        Place of the folder; defaults to a new one in `runs`, named after the deal and the time.
    options
        Contents of the folder.
    """
    from npl_sim.reports.deal.plots import drawings
    from npl_sim.reports.deal.tables import deal_summary, deal_tables

    outcome = result.outcome
    deal = outcome.run.deal
    facts = {"kind": "tranche", "scenarios": outcome.run.scenarios}
    with result.cash.clock.phase("write"):
        contents = Contents(deal_tables(outcome), deal_summary(outcome), drawings(outcome))
        place = place or new_place(deal.name, _deal_hash(deal))
        return _write_run(place, deal, result, contents, facts, options)


def save_size(
    result: SizeResult, place: RunPlace | None = None, options: SaveOptions = PLAIN
) -> Run:
    """Write the run folder of a sized deal; parameters as in `save_deal`."""
    from npl_sim.reports.deal.structuring_plots import drawings
    from npl_sim.reports.deal.structuring_tables import structuring_summary, structuring_tables

    found, before = result.structured, _deal_hash(result.before)
    facts = {
        "kind": "structure",
        "deal_before_sha256": before,
        "scenarios": found.run.scenarios,
    }
    with result.cash.clock.phase("write"):
        contents = Contents(structuring_tables(found), structuring_summary(found), drawings(found))
        place = place or new_place(f"{result.before.name}-structured", before)
        return _write_run(place, found.deal, result, contents, facts, options)


def _deal_hash(deal: Deal) -> str:
    """Return the SHA-256 of the terms of a deal."""
    return text_hash(json.dumps(deal.model_dump(mode="json"), sort_keys=True))


def _write_run(
    place: RunPlace,
    deal: Deal,
    result: DealResult | SizeResult,
    contents: Contents,
    facts: Mapping[str, Any],
    options: SaveOptions,
) -> Run:
    """Write a run folder.

    Parameters
    ----------
    place
        Place of the folder, which is released once it is written.
    deal
        The deal to which the results belong; after sizing, with the sizes.
    result
        The deal that was run or sized, with its cash and issues.
    contents
        Tables, summary and figures.
    facts
        Entries of the manifest on the run.
    options
        Contents of the folder.

    Raises
    ------
    RunFolderError
        If it cannot be written, or the name was taken meanwhile.
    """
    cash, summary = result.cash, contents.summary
    warnings = (issue.text for issue in result.warnings)
    notes = [*cash.notes, *warnings, *summary.get("notes", ())]
    summary = {**issue_values(result.issues), **summary, "notes": notes}

    def fill(draft: Path) -> list[str]:
        (draft / "deal.json").write_text(deal.model_dump_json(indent=2) + "\n", encoding="utf-8")
        cash.write_inputs(draft, options)
        return dataclasses.replace(contents, summary=summary).write(draft, options)

    about = {"deal": deal.name, "deal_sha256": _deal_hash(deal), **facts, **cash.facts}
    return write_folder(place, fill, about, cash.clock.seconds)


def ledger_values(result: DealResult, position: int) -> dict[str, Any]:
    """Return every payment of one scenario as plain data.

    Parameters
    ----------
    result
        A deal that was run.
    position
        Position of the scenario, counted from 0.
    """
    from npl_sim.reports.deal.parts import limit_texts
    from npl_sim.reports.writers.parquet import plain_data
    from npl_sim.securitization.results.ledger import ledger_of, state_table

    outcome = result.outcome
    ledger, states = ledger_of(outcome.run, position), state_table(outcome.run, position)
    tests = [c for c in states if c.startswith(("tested ", "interest cover "))]
    tested = states[["payment", "date", *tests]]
    return {
        "scenario": outcome.numbers[position],
        "ledger": plain_data(ledger.assign(date=ledger["date"].astype(str))),
        "tested": plain_data(tested.assign(date=tested["date"].astype(str))),
        "limits": limit_texts(outcome.run.deal),
    }
