"""Many packages on the same scenarios: `batch --together`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from npl_sim.cli.inert_settings import check_settings
from npl_sim.cli.options import RunOptions
from npl_sim.cli.streams import print_json
from npl_sim.core.errors import NplSimError, quoted

__all__ = ["parse_rates", "value_packages"]


def parse_rates(texts: Sequence[str]) -> dict[str, float]:
    """Return rates of exchange by currency from texts such as ``EUR=7.8``.

    Raises
    ------
    NplSimError
        If a text is no currency with a positive number, or a currency is given twice.
    """
    rates: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().upper()
        try:
            rate = float(value)
        except ValueError:
            rate = math.nan
        if not (equals and name and math.isfinite(rate) and rate > 0.0):
            raise NplSimError(
                f"--rate: got {quoted(text)}; expected CURRENCY=RATE with a positive number, such "
                "as EUR=7.8"
            )
        if name in rates:
            raise NplSimError(f"--rate {name}: is given twice; expected one rate")
        rates[name] = rate
    return rates


def value_packages(sources: Sequence[str], out: Path, options: RunOptions, others: bool) -> None:
    """Value packages on the same scenarios, write a run folder and print the result.

    Parameters
    ----------
    sources
        Folders of studies, patterns or studies.
    out
        Run folder.
    options
        Shared options. `--currency` and `--rate` mean nothing without `--together`.
    others
        Whether `--grid`, `--figures` or `--cash` is given, which have no meaning here.

    Raises
    ------
    NplSimError
        If options do not fit each other, or the packages cannot be summed.
    """
    from npl_sim.runs.batch.find import find_studies
    from npl_sim.runs.batch.names import short_paths
    from npl_sim.runs.folder import SaveOptions
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.study_session import load_study
    from npl_sim.runs.together import save_together, value_together

    if not options.together:
        raise NplSimError("--currency, --rate: expected them with --together alone")
    if others or options.backend != "threads":
        raise NplSimError(
            "--together: expected no --grid, --figures, --cash or --backend beside it"
        )
    overrides, rates = options.overrides(), parse_rates(options.rates or [])
    check_settings("batch", overrides)
    currency = options.currency.strip().upper() if options.currency else None
    paths, _ = find_studies(sources)
    names = short_paths(paths)
    studies = {
        f"study {i}" if options.mask else names[path]: load_study(path, overrides)
        for i, path in enumerate(paths, 1)
    }
    place = RunPlace(out, False)
    try:
        result = value_together(studies, currency, rates, options.listener())
        run = save_together(result, place, SaveOptions(command=options.command))
    finally:
        place.release()
    if options.as_json:
        print_json(run.summary)
    elif not options.quiet:
        from npl_sim.cli.console import PlainConsole
        from npl_sim.reports.together import together_text

        PlainConsole(markup=False, soft_wrap=True).print(together_text(result.together), end="")
    options.print_saved(run, result.clock)
