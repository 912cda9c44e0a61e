"""Headline of a verdict: its conclusions, and the changes by a side letter."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from npl_sim.capital.sham_sale_rules import Status
from npl_sim.channels.result import ChannelResult, Version
from npl_sim.channels.statistics import STATISTICS
from npl_sim.channels.verdict.assessment import Assessment
from npl_sim.core.language import gettext as _
from npl_sim.reports.channel.verdict import Judgment
from npl_sim.reports.channel.verdict_text import SENTENCES, rules_counted
from npl_sim.reports.formats import percent

Unit = Literal["word", "share", "amount", "names"]
Value = str | float | tuple[str, ...] | None
WIDTH = 110
NO_VERDICT = "no verdict"


@dataclass(frozen=True)
class HeadLine:
    """One fact of a verdict, for each version of the contract."""

    key: str
    """Its key in a summary."""
    name: str
    """Its name in a report."""
    unit: Unit
    """Kind of its values: a word, a share [share of 1], an amount [package currency] or names."""
    values: tuple[Value, ...]
    """One for each version; None if not known."""

    @property
    def difference(self) -> Value:
        """Change from the first version to the last: difference, changed word, or added names."""
        first, last = self.values[0], self.values[-1]
        if self.unit == "names":
            old = first if isinstance(first, tuple) else ()
            return (
                tuple(name for name in last if name not in old)
                if isinstance(last, tuple)
                else None
            )
        if isinstance(first, float) and isinstance(last, float):
            return last - first
        return "same" if first == last else "changed"


def head_lines(result: ChannelResult, judged: Sequence[Judgment]) -> tuple[HeadLine, ...]:
    """Return the conclusions on a contract, fact by fact.

    Parameters
    ----------
    result
        A measured contract.
    judged
        The verdict on each of its versions.
    """
    rows = [
        _facts(version, found) for version, (_, found) in zip(result.versions, judged, strict=True)
    ]
    return tuple(
        HeadLine(key, name, unit, tuple(row[i][3] for row in rows))
        for i, (key, name, unit, _) in enumerate(rows[0])
    )


Fact = tuple[str, str, Unit, Value]


def _facts(version: Version, found: Assessment | str) -> list[Fact]:
    judged = None if isinstance(found, str) else found
    verdict = None if judged is None else judged.verdict
    share = version.retained.share
    measure = STATISTICS[version.contract.accounting.thresholds.statistic]
    tail = share("expected shortfall below mean").value
    outcome = NO_VERDICT if verdict is None else str(verdict.outcome)
    return [
        ("outcome", "outcome", "word", outcome),
        ("decided_by", _("decided by"), "word", getattr(verdict, "paragraph", None)),
        (
            "variability_retained",
            _("{measure} retained").format(measure=measure),
            "share",
            share(measure).value,
        ),
        (
            "expected_loss_retained",
            _("expected loss retained"),
            "share",
            share("expected loss").value,
        ),
        ("tail_retained", _("tail retained"), "share", tail),
        *_amounts(judged),
        *_rules(judged),
    ]


def _amounts(judged: Assessment | None) -> list[Fact]:
    """Return balance sheet, capital and NPL ratio, for a buyer free to sell too."""
    verdict = None if judged is None else judged.verdict
    view = None if judged is None else judged.capital
    sheet, free = getattr(verdict, "measurement", None), getattr(verdict, "if_free", None)
    names = {"asset": _("asset still recognized"), "liability": "liability"}
    names["gain"] = _("gain (loss below 0)")
    earned = None if view is None or not view.ratios else view.ratios[-1].npl
    rows: list[Fact] = [
        (key, name, "amount", getattr(sheet, key, None)) for key, name in names.items()
    ]
    rows += [
        (
            f"{key}_if_free",
            _("{key} if the buyer can sell").format(key=key),
            "amount",
            getattr(free, key, None),
        )
        for key in names
    ]
    rows += [
        (
            f"relief_{x}",
            _("RWA relief {x}").format(x=x),
            "amount",
            getattr(view, f"relief_{x}", None),
        )
        for x in ("claimed", "earned", "denied")
    ]
    return [*rows, ("npl_ratio_earned", _("NPL ratio as earned"), "share", earned)]


def _rules(judged: Assessment | None) -> list[Fact]:
    rules = None if judged is None else judged.rules

    def names(status: Status) -> Value:
        return None if rules is None else tuple(r.rule.name for r in rules if r.status == status)

    return [
        (
            f"rules_{status.replace(' ', '_')}",
            _("rules {status}").format(status=status),
            "names",
            names(status),
        )
        for status in get_args(Status)
    ]


def without_verdict(judged: Sequence[Judgment]) -> tuple[str, ...]:
    """Return the reason for each version without a verdict."""
    return tuple(
        f"{label}: {found}" if label else found
        for label, found in judged
        if isinstance(found, str)
    )


def head_text(result: ChannelResult, judged: Sequence[Judgment], width: int | None = None) -> str:
    """Return the headline of the verdict.

    Parameters
    ----------
    result
        A measured contract.
    judged
        The verdict on each of its versions.
    width
        Columns of the terminal, if fewer than 110.
    """
    columns = WIDTH if width is None else max(min(width, WIDTH), 40)
    lines = [_("Verdict on {result}").format(result=result.name)]
    for label, found in judged:
        for sentence in _sentences(found):
            lines += _folded(f"{label}: {sentence}" if label else sentence, columns)
    several = len(result.versions) > 1
    facts = [
        f
        for f in head_lines(result, judged)
        if not f.key.endswith("_if_free") or any(v is not None for v in f.values)
    ]
    cells = [[f.name, *_cells(f, several)] for f in facts if f.unit != "word"]
    lines += [
        "",
        *_table(
            ["", "disclosed", _("side letter"), "difference"] if several else [], cells, columns
        ),
    ]
    currency = result.currency or "package currency"
    lines += _folded(
        _(
            "amounts in {currency}; RWA: risk-weighted assets; retained: share of the "
            "risk before the sale"
        ).format(currency=currency),
        columns,
    )
    for fact in facts:
        if fact.unit == "names" and fact.key != "rules_not_broken":
            lines += _names(fact, columns, several)
    return "\n".join(lines) + "\n"


def _sentences(found: Assessment | str) -> tuple[str, ...]:
    if isinstance(found, str):
        return (_("NO VERDICT: {text}").format(text=found.removeprefix("no verdict: ")),)
    verdict, rules = found.verdict, found.rules
    ruled = (
        _("not tested; the list has none of this country")
        if rules is None
        else rules_counted(rules)
    )
    repurchase = _(
        "a repurchase at value is a new purchase: the verdict leaves it out, the "
        "shares below count it"
    )
    return (
        f"{verdict.outcome}. {_(SENTENCES[verdict.outcome])} [{verdict.paragraph}]",
        *((repurchase,) if found.cash.term.at_value else ()),
        _("rules on sham sales: {ruled}").format(ruled=ruled),
    )


def _folded(text: str, columns: int) -> list[str]:
    return textwrap.wrap(text, columns, subsequent_indent="  ", break_on_hyphens=False)


def _cells(fact: HeadLine, several: bool) -> list[str]:
    cells = [_cell(value, fact.unit) for value in fact.values]
    if not several:
        return cells
    first, last = fact.values[0], fact.values[-1]
    if isinstance(first, tuple) and isinstance(last, tuple):
        return [*cells, f"{len(last) - len(first):+d}"]
    return [*cells, _cell(fact.difference, fact.unit)]


def _table(header: list[str], cells: list[list[str]], columns: int) -> list[str]:
    """Return aligned rows; on a terminal that is too narrow, each row as a sentence."""
    rows = [header, *cells] if header else cells
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
    if max(map(len, lines)) <= columns:
        return lines
    names = [f"{name} " for name in header[1:]] or [""]
    texts = [
        f"{row[0]}: {'; '.join(n + c for n, c in zip(names, row[1:], strict=True))}"
        for row in cells
    ]
    return [line for text in texts for line in _folded(text, columns)]


def _cell(value: Value, unit: Unit) -> str:
    if value is None:
        return _("not determined")
    if isinstance(value, tuple):
        return f"{len(value)}"
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return _("not defined")
    return percent(value, 2) if unit == "share" else f"{value:,.2f}"


def _names(fact: HeadLine, columns: int, several: bool) -> list[str]:
    last = fact.values[-1]
    if not isinstance(last, tuple) or not last:
        return []
    added = fact.difference if several else ()
    texts = [
        _("{name} (by the side letter)").format(name=name)
        if isinstance(added, tuple) and name in added
        else name
        for name in last
    ]
    return textwrap.wrap(
        f"{fact.name.capitalize()}: {'; '.join(texts)}",
        columns,
        subsequent_indent="  ",
        break_on_hyphens=False,
    )
