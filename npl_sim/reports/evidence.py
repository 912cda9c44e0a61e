"""What stands behind a result, as sentences, tables and plain data."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from npl_sim.analysis.evidence import Evidence
from npl_sim.analysis.own_comparables import FEWEST, UNKNOWN, OwnComparables
from npl_sim.core.errors import counted
from npl_sim.core.language import N_
from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import Unit, percent
from npl_sim.reports.table import Table, table_of
from npl_sim.reports.writers.parquet import plain_data

NOT_MEASURED = N_(
    "how much of the value rests on the others is not measured (npl-sim price --sources, or bid)"
)


def sources_sentence(found: Evidence) -> str:
    """Return how many figures are published, and the share of the value that the others carry."""
    count = len(found.figures)
    if not count:
        return ""
    text = _(
        "{published:,} of {count} of market, collateral and policies {text} a "
        "published source, {assumed:,} {text2} with a reason"
    ).format(
        published=found.published,
        count=counted(count, "figure"),
        text=_("has") if found.published == 1 else _("have"),
        assumed=found.assumed,
        text2=_("is an assumption") if found.assumed == 1 else _("are assumptions"),
    )
    if found.unsourced is None:
        return f"{text}; {_(NOT_MEASURED)}"
    share = found.unsourced.share
    if not math.isfinite(share.value):
        return _("{text}; no input moves the value, so no share rests on the others").format(
            text=text
        )
    return _(
        "{text}; {share} of the effects of inputs on the value rest on unsourced "
        "figures (standard error {se})"
    ).format(text=text, share=percent(share.value, 0), se=percent(share.se))


def comparables_sentence(own: OwnComparables, unit: Unit) -> str:
    """Return the range that the user's own comparables imply, with the model's price beside it."""
    row = own.package
    stored = _("{stored} of {file}").format(
        stored=counted(own.stored, "comparable"), file=own.file
    )
    if row["verdict"] == UNKNOWN:
        short = [
            _("{asset_class} has {comparables}").format(
                asset_class=r.asset_class, comparables=r.comparables
            )
            for r in own.table.iloc[:-1].itertuples()
            if r.verdict == UNKNOWN
        ]
        return _(
            "Own comparables, {stored}: not determined; each class needs {fewest}, and {short}"
        ).format(stored=stored, fewest=FEWEST, short=", ".join(short))
    low, middle, high = (float(row[n]) * float(row["gbv"]) for n in ("low", "median", "high"))
    return _(
        "Own comparables, {comparables} of {stored} matched: {low} to {high} "
        "{unit} between quartiles ({low2} to {high2} of GBV), median {middle}; the "
        "model's {model} is {verdict}"
    ).format(
        comparables=row["comparables"],
        stored=stored,
        low=unit.show(low),
        high=unit.show(high),
        unit=unit.name,
        low2=percent(row["low"]),
        high2=percent(row["high"]),
        middle=unit.show(middle),
        model=unit.show(float(row["model"]) * float(row["gbv"])),
        verdict=row["verdict"],
    )


def evidence_sentences(found: Evidence | None, unit: Unit) -> list[str]:
    """Return what stands behind a result, a sentence each."""
    if found is None:
        return []
    texts = [sources_sentence(found)]
    if found.own is not None:
        texts.append(comparables_sentence(found.own, unit))
    return [text for text in texts if text]


def evidence_tables(found: Evidence | None) -> list[Table]:
    """Return the inputs by effect with their unsourced figures, and the user's comparables."""
    if found is None:
        return []
    made = []
    if found.unsourced is not None:
        made.append(
            table_of(
                _("Effect of inputs on the value, and unsourced figures"),
                "input [32] | effect [money] | std error [money] | figures [count] | "
                "unsourced [count]",
                found.unsourced.effects.drop(columns=["bid_change", "own_irr_change"]).itertuples(
                    index=False, name=None
                ),
                note=_("Effect: half the distance between the prices at two settings."),
            )
        )
    if found.own is not None:
        columns = ["asset_class", "gbv", "comparables", "low", "median", "high", "model"]
        made.append(
            table_of(
                _("Own comparables, price over GBV"),
                "class [24] | GBV [money] | comparables [count] | lower quartile [share] | "
                "median [share] | upper quartile [share] | model [share] | verdict [16]",
                found.own.table[[*columns, "verdict"]].itertuples(index=False, name=None),
                note=_("Fewer than {fewest} comparables determine nothing.").format(fewest=FEWEST),
            )
        )
    return made


def evidence_frames(found: Evidence | None) -> dict[str, pd.DataFrame]:
    """Return the tables for files, by name."""
    frames: dict[str, pd.DataFrame] = {}
    if found is None:
        return frames
    if any(figure.state != "none" for figure in found.figures):
        frames["figure_sources"] = pd.DataFrame(
            [
                (f.figure.name, f.figure.value, f.state, f.published, f.origin)
                for f in found.figures
            ],
            columns=["key", "value", "state", "published", "origin"],
        )
    if found.unsourced is not None:
        frames["unsourced"] = found.unsourced.effects
    if found.own is not None:
        frames["own_comparables"] = found.own.table
    return frames


def evidence_values(found: Evidence | None) -> dict[str, Any]:
    """Return what stands behind a result as plain data for JSON; undefined values are None."""
    if found is None:
        return {}
    sources: dict[str, Any] = {
        "figures": len(found.figures),
        "published": found.published,
        "assumptions": found.assumed,
        "unsourced_share": None,
    }
    if found.unsourced is not None:
        share, effects = found.unsourced.share, found.unsourced.effects
        sources["unsourced_share"] = plain_data(share)
        sources["effects"] = plain_data(effects.to_dict(orient="records"))
    values: dict[str, Any] = {"sources": sources}
    if found.own is not None:
        rows = found.own.table.to_dict(orient="records")
        values["own_comparables"] = {
            "file": found.own.file,
            "stored": found.own.stored,
            "rows": plain_data(rows),
        }
    return values
