"""The work of the command that structures a deal: reads, structures, writes, prints."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from npl_sim.errors import NplSimError, RunFolderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from npl_sim.api import Case
    from npl_sim.deal.collections import DatedFlows
    from npl_sim.deal.spec import Deal
    from npl_sim.deal.structuring import Structured

__all__ = [
    "deal_of",
    "flows_of_case",
    "flows_of_file",
    "structure",
    "structuring_summary",
    "write_structuring",
]


DIFFERENT = 0.01
"""Difference of balances, as a share, from which it is told."""


def deal_of(path: Path, overrides: Mapping[str, Any], out: Path | None, overwrite: bool) -> Deal:
    """Return a deal that can be structured, before any work is done on its flows.

    Raises
    ------
    NplSimError
        If it cannot be read, asks for nothing, or the folder is not to be written into.
    """
    from npl_sim.deal.sizing import structure_of
    from npl_sim.dealfile import load_deal

    deal = load_deal(path, overrides)
    structure_of(deal)
    if out is not None:
        _check_folder(out, overwrite)
    return deal


def _check_folder(folder: Path, overwrite: bool) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not overwrite:
        raise RunFolderError(
            f"{folder}: is not empty; expected a new folder, or --force to write into this one"
        )


def flows_of_file(
    path: Path, month_zero: str | None, scenarios: int | None = None, seed: int | None = None
) -> DatedFlows:
    """Return flows from a table or a recipe."""
    from npl_sim.flowfile import load_flows

    try:
        day = None if month_zero is None else date.fromisoformat(month_zero)
    except ValueError:
        raise NplSimError(f"--month-zero: got {month_zero!r}; expected a date such as 2026-06-30") from None
    return load_flows(path, day, scenarios, seed)


def flows_of_case(case: Case, deal: Deal, leave_out: Sequence[str], quiet: bool) -> DatedFlows:
    """Return the flows of a simulated study.

    Raises
    ------
    NplSimError
        If study and deal are in different currencies.
    """
    from npl_sim.deal.collections import from_package
    from npl_sim.progress import Silent
    from npl_sim.reports.console import progress_for

    if case.study.currency != deal.currency:
        raise NplSimError(
            f"the study is in {case.study.currency} and deal {deal.name!r} in {deal.currency}; expected one currency "
            "(--set currency=... changes the deal's)"
        )
    talk = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
    if case.study.valuation_date != deal.cutoff_date:
        talk.print(
            f"warning: the study's cash begins on {case.study.valuation_date}, the deal's cut-off is {deal.cutoff_date}",
            markup=False,
        )
    flows = case.simulate(Silent() if quiet else progress_for(talk))
    if abs(flows.gbv - deal.pool_balance) > DIFFERENT * deal.pool_balance:
        talk.print(
            f"warning: the study's package has a GBV of {flows.gbv:,.0f}, the deal a pool_balance of {deal.pool_balance:,.0f}",
            markup=False,
        )
    return from_package(flows, case.study.valuation_date, leave_out)


def structure(
    deal: Deal,
    flows: DatedFlows,
    out: Path | None,
    as_json: bool,
    figures: bool,
    quiet: bool,
    overwrite: bool,
) -> None:
    """Structure a deal on flows, write a folder where one is named, and print what came out."""
    from npl_sim.deal.structuring import structure_deal

    result = structure_deal(deal, flows)
    if out is not None:
        write_structuring(result, out, figures, overwrite)
    if as_json:
        print(json.dumps(structuring_summary(result), indent=2, ensure_ascii=False))
    elif not quiet:
        from npl_sim.reports.structuring_text import print_structuring

        width = None if sys.stdout.isatty() else 140
        print_structuring(result, Console(highlight=False, width=width))
    if out is not None and not quiet:
        print(f"written: {out}", file=sys.stderr)


def structuring_summary(result: Structured) -> dict[str, Any]:
    """Return what structuring came to as plain data."""
    from npl_sim.deal.sizing import limits_table
    from npl_sim.deal.solve import solve_text, want_text

    def plain(estimate: Any) -> dict[str, float | None]:
        values = {k: getattr(estimate, k) for k in ("value", "se", "low", "high")}
        return {k: v if abs(v) < float("inf") else None for k, v in values.items()}

    def rows(table: Any) -> list[dict[str, Any]]:
        return json.loads(table.to_json(orient="records", force_ascii=False))

    seller = result.seller
    return {
        "deal": result.deal.name,
        "currency": result.deal.currency,
        "scenarios": result.run.scenarios,
        "balances": {t.name: t.balance for t in result.deal.tranches},
        "sized": [
            {"tranche": s.tranche, "balance": plain(s.balance), "binding": s.binding}
            for s in result.sizing.sized
        ],
        "limits": rows(limits_table(result.sizing)),
        "solved": [
            {"term": solve_text(s.solve), "goal": want_text(s.solve), **plain(s.value)} for s in result.solved
        ],
        "seller": None
        if seller is None
        else {
            "notes": rows(seller.notes),
            **{
                name: plain(getattr(seller, name))
                for name in (
                    "proceeds", "cash", "interim", "kept_value", "kept_worst", "day_one", "discount"
                )
            },
            "closing_costs": seller.closing_costs,
            "reserves": seller.reserves,
            "kept_balance": seller.kept_balance,
            "net_carrying": seller.net_carrying,
            "qualifying": bool(seller.qualifying),
        },
        "frontier": None if result.frontier is None else rows(result.frontier),
        "notes": list(result.notes),
    }  # fmt: skip


def write_structuring(result: Structured, folder: Path, figures: bool, overwrite: bool) -> None:
    """Write the tables, the summary and the figures of a structured deal into a folder.

    Raises
    ------
    RunFolderError
        If the folder holds something and is not to be overwritten, or cannot be written.
    """
    from npl_sim.deal.sizing import limits_table
    from npl_sim.deal.tranches import summary_table

    _check_folder(folder, overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        summary_table(result.tranches).to_csv(folder / "tranches.csv", index=False)
        if result.sizing.sized:
            limits_table(result.sizing).to_csv(folder / "limits.csv", index=False)
        if result.seller is not None:
            result.seller.notes.to_csv(folder / "seller_notes.csv", index=False)
        if result.frontier is not None:
            result.frontier.to_csv(folder / "frontier.csv", index=False)
        text = json.dumps(structuring_summary(result), indent=2, ensure_ascii=False)
        (folder / "structuring.json").write_text(text + "\n", encoding="utf-8")
        if figures:
            from npl_sim.reports.structuring_plots import save_structuring

            save_structuring(result, folder)
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written ({error.strerror})") from None
