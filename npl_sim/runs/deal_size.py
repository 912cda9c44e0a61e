"""The work of `npl-sim structure`: a deal structured on the cash of a study, or of a file of flows."""

from __future__ import annotations

import sys

from npl_sim.core.streams import print_json
from npl_sim.reports.heading import issue_values
from npl_sim.runs.console import PlainConsole
from npl_sim.runs.deal_cash import FileCash, StudyCash, Wishes, warn
from npl_sim.runs.place import new_place
from npl_sim.runs.recorded_paths import folder_text
from npl_sim.runs.simulating import Clock, print_undrawn, talk_console
from npl_sim.tape.issues import ranked

__all__ = ["structure"]


def structure(source: StudyCash | FileCash, wishes: Wishes) -> None:
    """Structure a deal, write its run folder, and print what came out.

    Parameters
    ----------
    source
        The deal and its cash.
    wishes
        What the user wants to see.
    """
    from npl_sim.securitization.results.run_warnings import run_warnings
    from npl_sim.securitization.sizing.sizing import structure_of
    from npl_sim.securitization.sizing.structuring import structure_deal

    talk, clock = talk_console(wishes.quiet or wishes.as_json), Clock()
    deal = source.deal
    structure_of(deal)  # refused before the simulation and not after it
    cash = source.read(talk, clock)
    with clock.phase("structure"):
        result = structure_deal(deal, cash.flows)
    found = (*source.warnings(), *run_warnings(result.run))
    texts = [issue.text for issue in found]
    warn(talk, texts)
    issues = ranked([*cash.issues, *found])

    from npl_sim.reports.deal.structuring_tables import structuring_summary, structuring_tables
    from npl_sim.runs.deal_folder import deal_hash, write_deal_run

    with clock.phase("write"):
        from npl_sim.reports.deal.structuring_plots import save_structuring

        summary = structuring_summary(result)
        made = write_deal_run(
            wishes.out or new_place(f"{deal.name}-structured", deal_hash(deal)),
            result.deal,
            structuring_tables(result),
            {**issue_values(issues), **summary, "notes": [*cash.notes, *texts, *summary["notes"]]},
            (lambda folder, failed: save_structuring(result, folder, failed))
            if wishes.figures
            else None,
            {
                "kind": "structure",
                "deal_before_sha256": deal_hash(deal),
                **cash.facts,
                "scenarios": result.run.scenarios,
            },
            clock.seconds,
            cash.inputs,
        )
    print_undrawn(made)
    talk.print(f"{clock.told}: {folder_text(made.folder)}", markup=False)
    if wishes.as_json:
        print_json(made.summary)
    elif not wishes.quiet:
        from npl_sim.reports.deal.structuring_text import print_structuring

        width = None if sys.stdout.isatty() else 140
        print_structuring(result, PlainConsole(width=width), issues, cash.listed_by)
