"""Conditions as operations. docs/deals.md section 5."""

from __future__ import annotations

from functools import reduce

import numpy as np

from npl_sim.kernels import waterfall_tables as op
from npl_sim.securitization.terms.conditions import (
    Accelerated,
    AllOf,
    AnyOf,
    Condition,
    FromPayment,
    NotOf,
    Outstanding,
    TriggerActive,
)
from npl_sim.securitization.waterfall.layout import Layout
from npl_sim.securitization.waterfall.operations import Operations

__all__ = ["holds"]


def holds(condition: Condition, layout: Layout, ops: Operations) -> int:
    """Return the row that is 1 where a condition holds."""
    if isinstance(condition, TriggerActive):
        return layout.active[condition.name]
    if isinstance(condition, Accelerated):
        return layout.accelerated
    if isinstance(condition, FromPayment):
        return ops.number((np.arange(ops.dates) + 1 >= condition.number).astype(float))
    if isinstance(condition, NotOf):
        return ops.flip(holds(condition.of, layout, ops))
    if isinstance(condition, AllOf | AnyOf):
        kind = op.MULTIPLY if isinstance(condition, AllOf) else op.LARGER
        parts = [holds(part, layout, ops) for part in condition.of]
        return reduce(lambda a, b: ops.combine(kind, a, b), parts)
    zero = ops.constant(0.0)
    left = [layout.tranches[name] + op.BALANCE for name in condition.tranches]
    largest = reduce(lambda a, b: ops.combine(op.LARGER, a, b), left)
    if isinstance(condition, Outstanding):
        return ops.combine(op.ABOVE, largest, zero)
    return ops.combine(op.AT_LEAST, zero, largest)
