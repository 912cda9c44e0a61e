"""Receipts and costs from amounts that may include totals. docs/deals.md section 9."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from npl_sim.core.errors import DealError, known
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.securitization.collections import EXTRAS

INFLOWS = tuple(k.name.lower() for k in Kind if KIND_IS_INFLOW[k])
"""Kinds of receipts."""
COSTS = tuple(k.name.lower() for k in Kind if not KIND_IS_INFLOW[k])
"""Kinds of costs, written as negative amounts."""
AMOUNTS = ("received", "costs", "net", *EXTRAS, *INFLOWS, *COSTS)

CENT = 0.01
"""Gap between a total and its parts that rounding explains. [package currency]"""
RELATIVE = 1e-6
"""The same as a share of the largest of the amounts compared."""
CENT_SHARE = 1e-3
"""Largest share of the table's largest amount that a cent may be; a table of millions has no
cents."""


@dataclass(frozen=True)
class CashRows:
    """Amounts by scenario and date, and the rows of the table that they come from."""

    where: str
    """What messages call the table."""
    sums: Mapping[str, np.ndarray]
    """Amounts by name, shape (scenarios, dates). [package currency]"""
    at: tuple[np.ndarray, np.ndarray]
    """Position of each row among the scenarios and among the dates."""
    rows: np.ndarray
    """Row numbers. [row, from 1]"""
    numbers: np.ndarray
    days: tuple[date, ...]
    """Numbers of the scenarios, and the dates."""

    def total(self, names: tuple[str, ...]) -> np.ndarray | None:
        """Return the sum of the named columns that the table has; None if it has none."""
        found = [self.sums[n] for n in names if n in self.sums]
        return np.sum(found, axis=0) if found else None

    def refuse(self, at: np.ndarray, amounts: Mapping[str, np.ndarray], expected: str) -> None:
        """Raise an error that names the first row where `at` is true, and its amounts.

        Raises
        ------
        DealError
            If `at` is true anywhere.
        """
        if not at.any():
            return
        position = int(np.argmax(at[self.at]))
        scenario, day = int(self.at[0][position]), int(self.at[1][position])
        amounts_text = ", ".join(f"{name} {x[scenario, day]:,.10g}" for name, x in amounts.items())
        raise DealError(
            f"{self.where}: row {self.rows[position]} (scenario {self.numbers[scenario]}, "
            f"{self.days[day]}): got {amounts_text}; expected {expected}"
        )

    def check(
        self, name: str, parts: Mapping[str, np.ndarray], formula: str, expected: str
    ) -> str:
        """Return the note that a stated total equals a formula.

        Raises
        ------
        DealError
            If it does not on some date, within a cent or 1e-6 of the amounts.
        """
        stated = self.sums[name]
        signed = [-x if label == "costs" else x for label, x in parts.items()]
        largest = np.max([np.abs(x) for x in (stated, *signed)], axis=0)
        cent = min(CENT, CENT_SHARE * float(largest.max(initial=0.0)))
        gap = np.abs(stated - np.sum(signed, axis=0))
        self.refuse(gap > np.maximum(cent, RELATIVE * largest), {**parts, name: stated}, expected)
        return f"{self.where}: {name} equals {formula} on every date, and was not added to it"


def parted(cash: CashRows) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return receipts and costs by scenario and date, both at least 0, and notes.

    Raises
    ------
    DealError
        If there is no inflow, or totals contradict their parts, or a sum has the wrong sign.
    """
    notes: list[str] = []
    received, costs = _receipts(cash, notes), _costs(cash, notes)
    _check_net(cash, received, costs, notes)
    if received is None:
        net = cash.sums["net"]
        received, costs = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    costs = np.zeros_like(received) if costs is None else costs
    cash.refuse(
        received < 0.0, {"received": received}, "receipts of a date that sum to at least 0"
    )
    refunds = np.maximum(-costs, 0.0)
    if refunds.any():
        if "costs" in cash.sums:
            cash.refuse(
                refunds > 0.0, {"costs": costs},
                "costs that sum to at least 0 (positive amounts under costs, negative ones "
                "under a kind of cost)",
            )  # fmt: skip
        notes.append(
            f"{cash.where}: on {int((refunds > 0.0).sum()):,} dates more costs come back than "
            f"are paid; {refunds.sum():,.2f} in all counts as receipts"
        )
    received = received + refunds
    if not received.any():
        notes.append(f"{cash.where}: all receipts are 0")
    return received, np.maximum(costs, 0.0), notes


def _receipts(cash: CashRows, notes: list[str]) -> np.ndarray | None:
    """Return receipts; None if the table has only net amounts."""
    kinds = {n: cash.sums[n] for n in INFLOWS if n in cash.sums}
    stated = cash.sums.get("received")
    if not kinds and stated is None and "net" not in cash.sums:
        raise DealError(
            f"{cash.where}: has no receipts, only {', '.join(cash.sums)}; expected received, net "
            f"or a kind of receipts ({', '.join(INFLOWS)})"
        )
    if kinds and stated is not None:
        named = " + ".join(kinds)
        expected = f"received = {named}, or received without its kinds"
        notes.append(cash.check("received", kinds, named, expected))
    return cash.total(INFLOWS) if kinds else stated


def _costs(cash: CashRows, notes: list[str]) -> np.ndarray | None:
    """Return costs, negative on dates with net refunds; None if the table has no costs."""
    kinds = {n: cash.sums[n] for n in COSTS if n in cash.sums}
    for name, amounts in kinds.items():
        if amounts.sum() > 0.0:
            cash.refuse(
                amounts > 0.0,
                {name: amounts},
                f"{name} as negative amounts, for it is a kind of cost",
            )
    if not kinds:
        return cash.sums.get("costs")
    paid = {n: -x for n, x in kinds.items()}
    if "costs" in cash.sums:
        named = " - ".join(("", *kinds)).strip()
        notes.append(
            cash.check("costs", paid, named, f"costs = {named}, or costs without their kinds")
        )
    return np.asarray(np.sum(list(paid.values()), axis=0))


def _check_net(
    cash: CashRows, received: np.ndarray | None, costs: np.ndarray | None, notes: list[str]
) -> None:
    """Check net against receipts and costs beside it."""
    net = cash.sums.get("net")
    if net is None or (received is None and costs is None):
        return
    if received is None:
        costs = known(costs, "costs")
        cash.refuse(
            np.ones(net.shape, dtype=bool), {"costs": costs, "net": net},
            "net alone, or received and costs: whether net is before or after these costs is "
            "not known",
        )  # fmt: skip
    elif costs is None:
        expected = "net = received, or a column costs so that net = received - costs"
        notes.append(cash.check("net", {"received": received}, "received", expected))
    else:
        parts = {"received": received, "costs": costs}
        notes.append(cash.check("net", parts, "received - costs", "net = received - costs"))
