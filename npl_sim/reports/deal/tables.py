"""Tables of a deal for export, and its summary as plain data."""

from __future__ import annotations

from typing import Any

import pandas as pd

from npl_sim.reports.writers.parquet import frame_of, plain_data
from npl_sim.securitization.closing import closing_of
from npl_sim.securitization.results import by_date as bydate
from npl_sim.securitization.results.ledger import ledger_of, state_table
from npl_sim.securitization.results.outcome import DealOutcome
from npl_sim.securitization.results.tranche_tables import balance_fan, summary_table
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.waterfall.call import price_covers

MONEY, SHARE, RATE, YEARS, RATIO = "package currency", "share of 1", "per year", "years", "ratio"


def deal_tables(outcome: DealOutcome) -> dict[str, pd.DataFrame]:
    """Return every table of a deal by name.

    Parameters
    ----------
    outcome
        Results of the deal.

    Returns
    -------
    dict
        Tables by name.

        - ``tranches``: every estimate with its error; ``tranche_scenarios``, ``tranche_cash``
        - ``tranche_balances``, ``cover``, ``losses``, ``triggers``, ``accounts``: by date
        - ``cash_by_step``, ``cash_totals``; ``closing``: sources and uses
        - ``ratios``: tested values and limits of triggers
        - ``ledger_*``, ``states_*``: of a median and a bad scenario
    """
    run, levels, deal = outcome.run, outcome.levels, outcome.run.deal
    money = dict.fromkeys(("mean", "se", *(f"{p:g}" for p in levels)), MONEY)
    ratio = dict.fromkeys(money, RATIO) | dict.fromkeys(
        ("defined", "below_one", "below_one_se"), SHARE
    )
    scenario = dict.fromkeys(
        ("interest", "principal", "other", "principal_lost", "interest_unpaid", "largest_unpaid"),
        MONEY,
    )
    scenario |= {"wal": YEARS, "yield": RATE, "interest_cover": RATIO}
    fans = [balance_fan(run, name, levels).assign(tranche=name) for name in run.tranches]
    tables = {
        "tranches": pd.DataFrame(summary_table(outcome.tranches)),
        "tranche_scenarios": frame_of(outcome.by_scenario(), **scenario),
        "tranche_cash": frame_of(bydate.cash_by_date(run, levels), **money),
        "tranche_balances": frame_of(pd.concat(fans, ignore_index=True), years=YEARS, **money),
        "cover": frame_of(bydate.cover_by_date(run, levels), **ratio),
        "losses": frame_of(bydate.losses_by_date(run), lost=SHARE, se=SHARE),
        "triggers": frame_of(bydate.triggers_by_date(run), active=SHARE, se=SHARE, ever=SHARE),
        "cash_by_step": frame_of(bydate.cash_by_step(run), mean=MONEY),
        "cash_totals": frame_of(outcome.totals, mean=MONEY, se=MONEY, share=SHARE),
        "accounts": frame_of(_accounts(outcome), mean=MONEY),
        "closing": frame_of(closing_of(deal).table(), amount=MONEY),
    }
    if run.tested:
        shares = dict.fromkeys(("tested", "failed", "failed_se"), SHARE)
        values = dict.fromkeys(("limit", "mean", "se", *(f"{p:g}" for p in levels)), RATIO)
        tables["ratios"] = frame_of(bydate.ratios_by_date(run, levels), **shares, **values)
    for name, place in outcome.ledger_scenarios.items():
        number = outcome.numbers[place]
        ledger = ledger_of(run, place)
        ledger.insert(0, "scenario", number)
        tables[f"ledger_{name}"] = frame_of(ledger, owed=MONEY, paid=MONEY, unpaid=MONEY)
        states = state_table(run, place)
        states.insert(0, "scenario", number)
        booleans = [c for c in states if states[c].dtype == bool]
        tested = {c: RATIO for c in states if c.startswith(("tested ", "interest cover "))}
        units = {c: MONEY for c in states.columns[4:] if c not in booleans} | tested
        tables[f"states_{name}"] = frame_of(states, **units)
    return tables


def _accounts(outcome: DealOutcome) -> pd.DataFrame:
    run = outcome.run
    rows = [
        (name, k + 1, day, float(balance[:, k].mean()))
        for name, balance in run.accounts.items()
        for k, day in enumerate(run.terms.dates.payment)
    ]
    return pd.DataFrame(rows, columns=["account", "payment", "date", "mean"])


RATIO_LEVELS = (0.05, 0.5, 0.95)
"""Quantiles of tested ratios in the summary."""


def closing_summary(deal: Deal) -> dict[str, Any]:
    """Return the sources and uses of a deal at closing as data. [package currency]"""
    closing = closing_of(deal)
    return {
        "sources": closing.total("source"),
        "uses": closing.total("use"),
        "balanced": closing.balanced,
        "price_stated": closing.stated,
        "lines": closing.table(),
    }


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose dates are text, for JSON."""
    return table.assign(date=table["date"].astype(str))


def _call(outcome: DealOutcome) -> dict[str, Any] | None:
    """Return the clean-up call from the view of its holder as plain data; None without one."""
    found, run = outcome.call, outcome.run
    if found is None:
        return None
    dates = [
        {"payment": k + 1, "date": day.isoformat(), "probability": int(count) / run.scenarios}
        for k, (day, count) in enumerate(zip(run.terms.dates.payment, found.dates, strict=True))
        if count
    ]
    values = {k: v for k, v in vars(found).items() if k != "dates"}
    return values | {"dates": dates, "price_covers": list(price_covers(run.deal))}


def deal_summary(outcome: DealOutcome) -> dict[str, Any]:
    """Return the results of a deal as plain data for JSON; undefined or unbounded values are None.

    Parameters
    ----------
    outcome
        Results of the deal.
    """
    run, deal = outcome.run, outcome.run.deal
    cash, dates = run.terms.cash, run.terms.dates
    tranches = {
        t.name: {
            "balance": t.balance,
            "price": t.price,
            "rating": t.rating,
            "deferrable": t.deferrable,
            **{k: v for k, v in vars(outcome.tranches[t.name]).items() if k != "name"},
        }
        for t in deal.tranches
    }
    block = {
        "units": {
            "amounts": deal.currency,
            "shares": SHARE,
            "rates": "effective, " + RATE,
            "lives": YEARS,
            "estimates": f"low and high: interval of confidence {outcome.confidence:g}",
        },
        "deal": {
            "name": deal.name,
            "closing_date": dates.closing.isoformat(),
            "payment_dates": [day.isoformat() for day in dates.payment],
            "last_collection": dates.collection[-1].isoformat(),
            "pool_balance": deal.pool_balance,
            "notes": deal.notes,
            "scenarios": run.scenarios,
        },
        "collections": {
            "net": outcome.net,
            "net_of_pool": outcome.net.scaled(1.0 / deal.pool_balance),
            "before_cutoff": float(cash.before_cutoff.mean()),
            "to_seller": float(cash.to_seller.mean()),
            "after_last": float(cash.after_last.mean()),
            "after_call": float(run.after_call.mean()),
        },
        "tranches": tranches,
        "triggers": {n: {"ever": t.ever, "years": t.years} for n, t in outcome.triggers.items()},
        "call": _call(outcome),
        "closing": closing_summary(deal),
        "ratios": _dated(bydate.ratios_by_date(run, RATIO_LEVELS)),
        "interest_cover": _dated(bydate.interest_cover_by_date(run, RATIO_LEVELS)),
        "cash": outcome.totals,
        "unpaid_claims": {name: float(owed.mean()) for name, owed in run.unpaid_claims.items()},
        "ledgers": {
            name: outcome.numbers[place] for name, place in outcome.ledger_scenarios.items()
        },
    }
    return plain_data(block)
