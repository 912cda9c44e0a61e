"""Results by payment date: cash of tranches, cover, triggers, losses, uses of cash.

Two cover ratios by scenario and date, like the debt-service and loan-life ratios of project
finance:

* interest cover: cash before the tranche's first interest step, over the interest owed with the
  tranches that share the step. It is undefined if no interest is owed.
* life cover: undiscounted later net collections plus account balances, over the balances of the
  tranche and those before it in the file. It is measured after payments and undefined once these
  are repaid, and after the last date. Below 1 the package cannot repay them in any order of
  payments; later fees and interest are not deducted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from npl_sim.core.errors import ConservationError
from npl_sim.securitization.results.tranches import LEVELS, loss_dates
from npl_sim.securitization.terms.accounts import Account
from npl_sim.securitization.terms.steps import ReserveTopUp, step_label
from npl_sim.securitization.terms.triggers import limit_of
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.stats import risk

FEWEST = 2
"""Minimum number of scenarios with a defined ratio for its quantiles."""


ROUNDING = 1e-9
"""Share of a scenario's cash that counts as rounding."""


def alive(run: DealRun) -> np.ndarray:
    """Return in which scenarios a date is one of the deal's, its last included, shape (S, K)."""
    return np.arange(1, len(run.terms.dates) + 1) <= run.last_date[:, None]


def _dates(run: DealRun) -> dict[str, list[object]]:
    count = len(run.terms.dates)
    return {"payment": list(range(1, count + 1)), "date": list(run.terms.dates.payment)}


def _spread(values: np.ndarray, levels: Sequence[float]) -> dict[str, float]:
    """Return mean, its standard error and quantiles of a sample."""
    if len(values) < FEWEST:
        alone = float(values[0]) if len(values) else np.nan
        return {"mean": alone, "se": np.nan, **{f"{level:g}": alone for level in levels}}
    ordered = np.sort(values)
    places = {f"{p:g}": float(ordered[risk.order_statistic(len(ordered), p) - 1]) for p in levels}
    return {
        "mean": float(values.mean()),
        "se": float(values.std(ddof=1) / np.sqrt(len(values))),
        **places,
    }


def cash_by_date(run: DealRun, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Return what each tranche is paid on each date.

    Returns
    -------
    pandas.DataFrame
        tranche, payment, date, part (interest, principal, other or total), mean, se, and one
        column for each level. [package currency]
    """
    rows = []
    for name, flows in run.tranches.items():
        parts = {"interest": flows.interest, "principal": flows.principal, "other": flows.other}
        for part, cash in {**parts, "total": flows.cash}.items():
            for k, day in enumerate(run.terms.dates.payment):
                row = {"tranche": name, "payment": k + 1, "date": day, "part": part}
                rows.append(row | _spread(cash[:, k], levels))
    return pd.DataFrame(rows)


def life_cover(run: DealRun, name: str) -> np.ndarray:
    """Return the life cover of a tranche (see the module), shape (S, K); NaN if undefined."""
    names = list(run.tranches)
    ahead = sum(run.tranches[n].balance for n in names[: names.index(name) + 1])
    net = run.terms.cash.net.T
    later = net.sum(axis=1, keepdims=True) - net.cumsum(axis=1)
    on_account = sum(run.accounts.values(), np.zeros_like(later))
    going = np.arange(1, net.shape[1] + 1) < run.last_date[:, None]
    cover = np.full(net.shape, np.nan)
    return np.divide(later + on_account, ahead, out=cover, where=(ahead > 0.0) & going)


def cover_by_date(run: DealRun, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Return the cover of each tranche on each date (see the module).

    Returns
    -------
    pandas.DataFrame
        tranche, payment, date, measure (interest_cover or life_cover), defined [share of
        scenarios]. below_one and its error below_one_se [share of all scenarios]. mean, se, and
        one column for each level, over the scenarios with a defined ratio.
    """
    rows = []
    for name, flows in run.tranches.items():
        interest = np.where(np.isfinite(flows.cover) & alive(run), flows.cover, np.nan)
        for measure, cover in (
            ("interest_cover", interest),
            ("life_cover", life_cover(run, name)),
        ):
            for k, day in enumerate(run.terms.dates.payment):
                known = cover[:, k][~np.isnan(cover[:, k])]
                below = risk.probability(cover[:, k] < 1.0)
                row = {"tranche": name, "payment": k + 1, "date": day, "measure": measure}
                row |= {"defined": len(known) / run.scenarios}
                row |= {"below_one": below.value, "below_one_se": below.se}
                rows.append(row | _spread(known, levels))
    return pd.DataFrame(rows)


def interest_cover_by_date(run: DealRun, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Return the interest cover of the tranches that bear interest, as `cover_by_date` does."""
    table = cover_by_date(run, levels)
    bearing = [name for name, flows in run.tranches.items() if np.isfinite(flows.cover).any()]
    part = table[(table["measure"] == "interest_cover") & table["tranche"].isin(bearing)]
    return part.drop(columns="measure").reset_index(drop=True)


def triggers_by_date(run: DealRun) -> pd.DataFrame:
    """Return the probability that a trigger is active, by date; inactive after a call.

    Returns
    -------
    pandas.DataFrame
        trigger (``accelerated`` for acceleration), payment, date, active and its error se (share
        of all scenarios), ever (active on this date or before).
    """
    frames = []
    for name, active in {**run.active, "accelerated": run.accelerated}.items():
        share = active.mean(axis=0)
        ever = np.logical_or.accumulate(active, axis=1).mean(axis=0)
        error = [risk.probability(active[:, k]).se for k in range(active.shape[1])]
        columns = {"trigger": name, **_dates(run), "active": share, "se": error, "ever": ever}
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def ratios_by_date(run: DealRun, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Return the values that triggers compare with their limits on each date.

    Returns
    -------
    pandas.DataFrame
        trigger, kind, payment, date, fails (``below``, ``above`` or ``at most``), limit. tested:
        share of scenarios with a test and a denominator. failed and its error failed_se [share of
        all scenarios]. mean, se, and one column for each level, over the tested scenarios. [ratio]
    """
    rows = []
    for trigger in run.deal.triggers:
        limit = limit_of(trigger)
        if limit is None:
            continue
        for k, day in enumerate(run.terms.dates.payment):
            values = run.tested[trigger.name][:, k]
            known = values[np.isfinite(values)]
            failed = risk.probability(_fails(values, *limit))
            row = {"trigger": trigger.name, "kind": trigger.kind, "payment": k + 1, "date": day}
            row |= {"fails": limit[0], "limit": limit[1], "tested": len(known) / run.scenarios}
            row |= {"failed": failed.value, "failed_se": failed.se}
            rows.append(row | _spread(known, levels))
    names = ["trigger", "kind", "payment", "date", "fails", "limit", "tested"]
    names += ["failed", "failed_se", "mean", "se"]
    return pd.DataFrame(rows, columns=[*names, *(f"{p:g}" for p in levels)])


def _fails(values: np.ndarray, side: str, limit: float) -> np.ndarray:
    """Return in which scenarios a value fails its test, false where it was not tested."""
    if side == "below":
        return values < limit
    return values > limit if side == "above" else values <= limit


def losses_by_date(run: DealRun) -> pd.DataFrame:
    """Return how probable it is that the loss date of each tranche has come (see `tranches`).

    Returns
    -------
    pandas.DataFrame
        tranche, payment, date, lost and its error se (share of all scenarios).
    """
    frames = []
    for name in run.tranches:
        first = loss_dates(run, name)
        known = [
            risk.probability((first > 0) & (first <= k + 1)) for k in range(len(run.terms.dates))
        ]
        columns = {"tranche": name, **_dates(run), "lost": [p.value for p in known]}
        frames.append(pd.DataFrame({**columns, "se": [p.se for p in known]}))
    return pd.concat(frames, ignore_index=True)


def cash_by_step(run: DealRun) -> pd.DataFrame:
    """Return what each step pays on each date, in the mean.

    Returns
    -------
    pandas.DataFrame
        order, step (number from 1), label, kind, payment, date, mean. A reserve step is net of its
        releases. If its account is swept, it is also net of the balance left by the date before,
        so that cash in transit counts once. [package currency]
    """
    frames = []
    swept = {a.name: _before(run, a) for a in run.deal.accounts if a.sweep}
    for order, steps in run.deal.orders.items():
        for n, step in enumerate(steps):
            mean = run.mean_paid[order][:, n]
            if isinstance(step, ReserveTopUp):
                mean = mean - swept.pop(step.account, 0.0)  # once, at its first step
            columns = {"order": order, "step": n + 1, "label": step_label(step), "kind": step.kind}
            frames.append(pd.DataFrame({**columns, **_dates(run), "mean": mean}))
    return pd.concat(frames, ignore_index=True)


def _before(run: DealRun, account: Account) -> np.ndarray:
    """Return the mean account balance at the start of each date, shape (K,). [package currency]"""
    return np.concatenate([[account.initial], run.accounts[account.name].mean(axis=0)[:-1]])


def cash_totals(run: DealRun, confidence: float = 0.95) -> pd.DataFrame:
    """Return sources and uses of cash over the life of the deal; both have one total.

    Returns
    -------
    pandas.DataFrame
        side (in or out), party, what, mean, se (of the mean), share (of all that comes in).
        [package currency]

    Raises
    ------
    ConservationError
        If in any scenario they do not: a fault inside the program.
    """
    going = alive(run)
    received = (run.terms.cash.received.T * going).sum(axis=1)
    initial = np.full(run.scenarios, sum(a.initial for a in run.deal.accounts))
    income = run.cash_in.sum(axis=1) - received - run.call_price
    rows: list[tuple[str, str, str, np.ndarray]] = [
        ("in", "package", "collections before recovery costs", received),
        ("in", "accounts", "held at closing", initial),
        ("in", "accounts and hedges", "income and hedge receipts", income),
        ("in", "caller", "price of the clean-up call", run.call_price),
    ]
    rows += [
        ("out", name, "fees, costs and other claims", paid) for name, paid in run.payees.items()
    ]
    for name, flows in run.tranches.items():
        rows += [
            ("out", name, part, getattr(flows, part).sum(axis=1))
            for part in ("interest", "principal")
        ]
        rows.append(("out", name, "return and residual", flows.other.sum(axis=1)))
    into, out = (
        sum((x for at, _, _, x in rows if at == side), np.zeros(run.scenarios))
        for side in ("in", "out")
    )
    if not (np.abs(into - out) <= ROUNDING * into).all():
        worst = int(np.argmax(np.abs(into - out)))
        raise ConservationError(
            f"deal {run.deal.name!r}, scenario {worst}: {into[worst]:.6f} came in over the life "
            f"and {out[worst]:.6f} was paid; please report this error of npl_sim"
        )
    whole, table = float(into.mean()), []
    for side, party, what, amounts in rows:
        if (np.abs(amounts) <= ROUNDING * into).all():
            continue
        estimate = risk.mean(amounts, confidence)
        share = estimate.value / whole if whole else np.nan
        table.append((side, party, what, estimate.value, estimate.se, share))
    return pd.DataFrame(table, columns=["side", "party", "what", "mean", "se", "share"])
