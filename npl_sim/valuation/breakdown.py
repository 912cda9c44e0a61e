"""Breakdowns of the package's value, and checks that they sum to the whole.

Each breakdown is a tidy table whose present values sum to the mean present value of the package.
The sums are checked in every run. A breakdown that does not sum is a bug of the engine and stops
the valuation.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import ConservationError
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.stats.sample import Sample
from npl_sim.valuation.scenario_sums import ScenarioSums

ATTRIBUTES = ("segment", "region", "stage", "product")
"""Loan attributes by which value is broken down."""

KIND_NAMES = tuple(k.name.lower() for k in Kind)
RELATIVE = 1e-9


def check_sum(name: str, parts: np.ndarray, whole: float, scale: float) -> None:
    """Check that parts sum to a whole.

    Parameters
    ----------
    name
        What is summed, for the message.
    parts, whole
        Amounts. [package currency]
    scale
        Size against which rounding is judged: amounts of either sign may cancel.
        [package currency]

    Raises
    ------
    ConservationError
        If they differ by more than 1e-9 of the scale, or are not finite.
    """
    total = float(np.sum(parts))
    if not abs(total - whole) <= RELATIVE * max(abs(scale), abs(whole)):
        raise ConservationError(
            f"{name}: parts sum to {total!r}, the whole is {whole!r} (gap {total - whole:.3g}); "
            "this is a bug of npl_sim, please report it"
        )


def ratio(part: np.ndarray | float, whole: np.ndarray | float) -> np.ndarray:
    """Return part over whole; NaN where the whole is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    share = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole != 0.0)
    return share


def _with_shares(frame: pd.DataFrame, pv: float, gbv: np.ndarray | float) -> pd.DataFrame:
    at = frame.columns.get_loc("pv_se") + 1
    frame.insert(at, "share_of_pv", ratio(frame["pv"].to_numpy(), pv))
    frame.insert(at + 1, "price_of_gbv", ratio(frame["pv"].to_numpy(), gbv))
    return frame


def _standard_errors(sample: Sample, pv: np.ndarray) -> np.ndarray:
    """Return the standard error of each column's mean; NaN where a column is all 0."""
    return np.where((pv != 0.0).any(axis=0), sample.errors_of_means(pv), np.nan)


def _by_kind(flows: Cash, sums: ScenarioSums, discount: np.ndarray, pv: float) -> pd.DataFrame:
    by_kind = flows.mean_by_kind.sum(axis=2)
    known = dict(zip(flows.kinds, _standard_errors(flows.sample, sums.pv_by_kind), strict=True))
    amount = by_kind.sum(axis=0)
    frame = pd.DataFrame(
        {
            "kind": KIND_NAMES,
            "side": np.where(KIND_IS_INFLOW, "receipt", "cost"),
            "amount": amount,
            "pv": discount @ by_kind,
            "pv_se": [known.get(name, np.nan) for name in KIND_NAMES],
        }
    )
    return _with_shares(frame, pv, flows.gbv)


def _by_group(flows: Cash, sums: ScenarioSums, pv: float) -> pd.DataFrame:
    by_group = flows.mean_by_kind.sum(axis=0)
    frame = pd.DataFrame(
        {
            "group": flows.groups,
            "gbv": flows.group_gbv,
            "pv": flows.sample.average(sums.pv_by_group),
            "pv_se": _standard_errors(flows.sample, sums.pv_by_group),
            "receipts": by_group[KIND_IS_INFLOW].sum(axis=0),
            "costs": by_group[~KIND_IS_INFLOW].sum(axis=0),
        }
    )
    return _with_shares(frame, pv, flows.group_gbv)


def _by_attribute(flows: Cash, name: str, groups: pd.DataFrame, pv: float) -> pd.DataFrame:
    loans = flows.loans
    label = loans[name].astype(object).where(loans[name].notna(), "not given").astype(str)
    columns = {"gbv": "gbv", "pv": "pv_mean", "receipts": "received_mean", "costs": "costs_mean"}
    by_label = loans.groupby(label, sort=True)
    frame = pd.DataFrame(
        {name: by_label.size().index.astype(str), "loans": by_label.size().to_numpy()}
    )
    for column, source in columns.items():
        # Exact sums: the order of the tape does not change the last digit.
        frame[column] = by_label[source].agg(math.fsum).to_numpy()
    # Loans are correlated, so the error of their sum does not follow from their errors. It is
    # known if the attribute forms the group axis of the cash.
    same = groups.set_index("group").reindex(frame[name])
    is_group = set(frame[name]) == set(groups["group"]) and np.allclose(same["gbv"], frame["gbv"])
    frame.insert(4, "pv_se", same["pv_se"].to_numpy() if is_group else np.nan)
    frame = _with_shares(frame, pv, frame["gbv"].to_numpy())
    return frame.sort_values("gbv", ascending=False, kind="stable", ignore_index=True)


def breakdowns(
    flows: Cash, sums: ScenarioSums, discount: np.ndarray, pv: float, loans: bool = True
) -> dict[str, pd.DataFrame]:
    """Return the value by kind of cash, by group and by the attributes of the loans.

    Parameters
    ----------
    flows
        Simulated cash of the package.
    sums
        Its sums under `discount`.
    discount
        Discount factor of each month, shape (months + 1,).
    pv
        Mean present value of the package, to which every table sums. [package currency]
    loans
        Whether the loans' own present values were discounted in the same way and may be used.

    Returns
    -------
    dict
        ``kind`` has the columns kind, side (receipt or cost), amount (expected, undiscounted), pv,
        pv_se, share_of_pv and price_of_gbv (of the package's GBV). ``group`` and each attribute
        have gbv, pv, pv_se, share_of_pv, price_of_gbv, receipts and costs (expected, undiscounted,
        costs negative). Attributes also have the number of loans. pv_se is NaN if the stored cash
        does not determine it. [package currency; shares of 1]

    Raises
    ------
    ConservationError
        If a table does not sum to the package.
    """
    kind = _by_kind(flows, sums, discount, pv)
    group = _by_group(flows, sums, pv)
    tables = {"kind": kind, "group": group}
    if loans:
        tables |= {name: _by_attribute(flows, name, group, pv) for name in ATTRIBUTES}
    gross = float(kind["pv"].abs().sum())
    moved = float(kind["amount"].abs().sum())
    sample = flows.sample
    received = sample.mean(sums.received_total).value
    costs = sample.mean(sums.net_total).value - received
    check_sum(
        "cash received by kind", kind.loc[kind["side"] == "receipt", "amount"], received, moved
    )
    check_sum("costs by kind", kind.loc[kind["side"] == "cost", "amount"], costs, moved)
    for name, table in tables.items():
        check_sum(f"present value by {name}", table["pv"], pv, gross)
        if name != "kind":
            check_sum(f"GBV by {name}", table["gbv"], flows.gbv, flows.gbv)
            check_sum(f"receipts by {name}", table["receipts"], received, moved)
            check_sum(f"costs by {name}", table["costs"], costs, moved)
    return tables
