"""Command that works out the seller's own book: sell."""

from __future__ import annotations

from typing import Annotated

import typer

from npl_sim.cli.options import OUTPUT, PRIVACY, SIMULATION, RunOptions, StudyFile, with_options

__all__ = ["sell"]


@with_options(*SIMULATION, *OUTPUT, *PRIVACY)
def sell(
    study: StudyFile,
    options: RunOptions,
    documents: Annotated[
        bool, typer.Option(help="Write the workbook and the printed pages.")
    ] = True,
) -> None:
    """Work out the seller's book: reservation price, loans to sell or keep, provisions.

    No buyer is needed. The section `seller` of the study states discount rate, tax, capital,
    provisions and the bidders that are expected.
    """
    from npl_sim.cli.value import print_summary_json
    from npl_sim.runs.bid import check_bid
    from npl_sim.runs.sell import save_sell
    from npl_sim.runs.sell import sell as work_out
    from npl_sim.runs.simulation import simulate

    place = options.reserve_place()
    package, listener = options.read_study(study, "sell"), options.listener()
    check_bid(package, documents)
    simulation = simulate(package, listener, work=options.work)
    result = work_out(simulation, listener)
    run = save_sell(result, place, options.saving(documents))
    if options.as_json:
        print_summary_json(run, package)
    elif not options.quiet:
        from npl_sim.cli.console import PlainConsole
        from npl_sim.reports.sell.text import sell_text

        text = sell_text(result.book, package.study.currency, result.heading)
        PlainConsole(markup=False, soft_wrap=True).print(text, end="")
    note = " (seller_book.xlsx and seller.html are in it)" if documents else ""
    options.print_saved(run, simulation.clock, note)
