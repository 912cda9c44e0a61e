"""Findings on the data of a package, each with the amount it touches and its effect."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.worthless import REASONS, by_reason
from npl_sim.core.language import gettext as _

if TYPE_CHECKING:
    from npl_sim.analysis.data_flags import Flag
    from npl_sim.analysis.worthless import Worthless
    from npl_sim.core.issues import Issue
    from npl_sim.study.model import Study
    from npl_sim.tables.findings import Finding
    from npl_sim.tape.table import LoanTable

TOPICS = ("result", "reading", "input", "set aside", "no value", "assumed", "error", "warning")
"""Topics in their order. A reading is another reading of the tape with a measured effect. An input
is stale or missing. What is assumed replaces a column that the tape lacks."""

COLUMNS = (
    "topic",
    "place",
    "finding",
    "rows",
    "amount",
    "effect",
    "effect_se",
    "confirmed",
)

_IDS = re.compile(r" \((?:loans?|items?) [^()]*\)")

_Row = tuple[str, str, str, float, float, float, float, bool]


def data_findings(
    study: Study,
    table: LoanTable,
    flags: Sequence[Flag],
    nothing: Worthless | None = None,
    issues: Sequence[Issue] = (),
) -> pd.DataFrame:
    """Return every finding on the data, by topic, the largest effect first.

    Parameters
    ----------
    study, table
        The study and its loans, with their findings.
    flags
        Stale and missing inputs.
    nothing
        Loans without value.
    issues
        Issues of the run; those of the result itself are listed.

    Returns
    -------
    pandas.DataFrame
        [package currency, unless stated]

        - topic: a name of `TOPICS`; place: file and column, or name of the check; finding: text
        - rows: rows concerned; NaN for a finding on the whole
        - amount: claims concerned; NaN if not known
        - effect: change of the price if the finding is settled against what was read; NaN: not
          determined. effect_se: its standard error; NaN if not known
        - confirmed: whether the study confirms what was read
    """
    rows = [
        *_of_result(issues),
        *(_of_finding(finding, study) for finding in table.findings),
        *_of_flags(flags),
        *_set_aside(table),
        *_without_value(nothing),
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    order = pd.DataFrame(
        {
            "topic": frame["topic"].map({topic: i for i, topic in enumerate(TOPICS)}),
            "effect": -frame["effect"].abs().fillna(-1.0),
            "amount": -frame["amount"].fillna(-1.0),
        }
    )
    at = order.sort_values(["topic", "effect", "amount"], kind="stable").index
    return frame.loc[at].reset_index(drop=True)


def _of_result(issues: Sequence[Issue]) -> Iterator[_Row]:
    for issue in issues:
        if issue.location == "result" or issue.location.startswith("result,"):
            amounts = math.nan, issue.gbv, math.nan, math.nan
            yield "result", issue.location, issue.message, *amounts, False


def _of_finding(finding: Finding, study: Study) -> _Row:
    confirmed = bool(finding.name) and finding.name in study.tape.confirmed
    place = f"{finding.file}, {finding.column}" if finding.column else finding.file
    topic: str = finding.severity
    text, rows = finding.text, float(finding.count)
    if math.isfinite(finding.effect):
        topic, text = "reading", _without_effect(finding.text)
    elif finding.name.startswith("absent."):
        assumed = finding.expected.partition("absent, so ")[2].partition("; it touches")[0]
        topic, text, rows = "assumed", assumed or finding.expected, math.nan
    return topic, place, text, rows, finding.gbv, finding.effect, math.nan, confirmed


def _without_effect(text: str) -> str:
    """Return another reading without its effect, which has a column, and without ids."""
    return _IDS.sub("", text.partition(": the value of the package then changes by")[0])


def _of_flags(flags: Sequence[Flag]) -> Iterator[_Row]:
    for flag in flags:
        rows = float(flag.count) if flag.of else math.nan
        text = f"{flag.name}: {flag.detail}"
        yield "input", "", text, rows, flag.gbv, flag.effect, flag.se, False


def _set_aside(table: LoanTable) -> Iterator[_Row]:
    account = table.reconciliation
    parts = {"loans": account.loans, "collateral": account.collateral}
    parts["guarantors"] = account.guarantors
    for name, part in parts.items():
        if part is None or not part.rows_quarantined:
            continue
        amount = part.cents_quarantined / 100.0 if name == "loans" else math.nan
        text = f"{name} set aside with errors: they are not in the price"
        if part.rows_unknown:
            text += f"; the amount of {part.rows_unknown:,} is not known"
        yield "set aside", name, text, part.rows_quarantined, amount, math.nan, math.nan, False


def _without_value(nothing: Worthless | None) -> Iterator[_Row]:
    if nothing is None:
        return
    for row in by_reason(nothing).itertuples():
        name = str(row.reason)
        yield "no value", name, _(REASONS[name]), row.loans, row.gbv, math.nan, math.nan, False


def effect_range(findings: pd.DataFrame) -> tuple[float, float]:
    """Return the sums of the negative and of the positive effects of open readings and inputs.

    Parameters
    ----------
    findings
        As of `data_findings`. [package currency]
    """
    open_ones = findings[~findings["confirmed"].to_numpy(dtype=bool)]
    effect = open_ones["effect"].to_numpy(dtype=np.float64)
    effect = effect[np.isfinite(effect)]
    return float(np.minimum(effect, 0.0).sum()), float(np.maximum(effect, 0.0).sum())
