"""Fee of a placement: running totals of its parts, in whole cents."""

from __future__ import annotations

import numpy as np

from npl_sim.cashflows.cents import whole_cents
from npl_sim.policy.agency_contracts import AgencyContract

PARTS = ("setup", "fixed", "commission", "clawback", "bonus", "top_up", "cap")
"""The columns of a ledger whose sum is paid."""


def statement(
    contract: AgencyContract, total: np.ndarray, placed: np.ndarray
) -> dict[str, np.ndarray]:
    """Return running totals of the parts of the fee, shape (scenarios, ledger months). [cents]"""
    live = (placed > 0)[:, None]
    count = np.arange(total.shape[1])
    parts = {name: np.zeros_like(total) for name in PARTS}
    parts["setup"] += live * whole_cents(contract.setup * 100)
    parts["fixed"] += live * (whole_cents(contract.fixed_monthly * 100) * count)
    parts["commission"] += _commission(contract, total, placed)
    limit = _limit(contract, total)
    parts["cap"] += np.minimum(limit - paid(parts), 0)

    # Views on the last month: the items below are due at the end.
    end = {name: part[:, -1] for name, part in parts.items()}
    last = total[:, -1]
    if contract.clawback is not None:
        target = whole_cents(contract.clawback.target * placed)
        missing = (target - last).clip(min=0) / np.maximum(target, 1)
        degree = missing if contract.clawback.linear else missing > 0
        earned = (end["commission"] + end["cap"]).clip(min=0)
        end["clawback"] -= whole_cents(contract.clawback.share * earned * degree)
    if contract.bonus is not None:
        end["bonus"] += whole_cents(
            contract.bonus.rate * (last - whole_cents(contract.bonus.above * placed)).clip(min=0)
        )
    end["top_up"] += live[:, 0] * (whole_cents(contract.minimum_fee * 100) - paid(end)).clip(min=0)
    end["cap"] += np.minimum(limit[:, -1] - paid(end), 0)
    return parts


def paid(parts: dict[str, np.ndarray]) -> np.ndarray:
    """Return the sum of the parts of a fee."""
    return sum((parts[name] for name in PARTS[1:]), start=parts[PARTS[0]])


def tier_of(contract: AgencyContract, total: np.ndarray, placed: np.ndarray) -> np.ndarray:
    """Return the index of the tier that the collections so far have reached."""
    tier = np.zeros(total.shape, dtype=np.int64)
    for t in contract.tiers[:-1]:
        tier += total > whole_cents((t.up_to or 0.0) * placed)[:, None]
    return tier


def _commission(contract: AgencyContract, total: np.ndarray, placed: np.ndarray) -> np.ndarray:
    if not contract.tiers:
        return np.zeros_like(total)
    if contract.tier_basis == "whole":
        return whole_cents(
            np.array([t.rate for t in contract.tiers])[tier_of(contract, total, placed)] * total
        )
    amount = contract.tiers[0].rate * total
    for below, tier in zip(contract.tiers, contract.tiers[1:], strict=False):
        inside = (total - whole_cents((below.up_to or 0.0) * placed)[:, None]).clip(min=0)
        amount += (tier.rate - below.rate) * inside
    return whole_cents(amount)


def _limit(contract: AgencyContract, total: np.ndarray) -> np.ndarray:
    limit = np.full(total.shape, np.iinfo(np.int64).max // 2)
    if contract.maximum_fee is not None:
        limit = np.minimum(limit, whole_cents(contract.maximum_fee * 100))
    if contract.maximum_fee_share is not None:
        limit = np.minimum(limit, whole_cents(contract.maximum_fee_share * total))
    return limit
