"""Simulation settings: size, seed and limits of a run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npl_sim.core.fields import Spec


class Simulation(Spec):
    """Size, seed and limits of a run."""

    scenarios: Annotated[
        int, Field(ge=2, le=4_000_000_000, json_schema_extra={"unit": "count"})
    ] = 2000
    """Number of scenarios."""
    precision: (
        Annotated[float, Field(ge=1e-6, lt=1.0, json_schema_extra={"unit": "share of price"})]
        | None
    ) = None
    """Target half width of the confidence interval of `precision_of`, relative to its value.
    `scenarios` is then the minimum, and more are run until the target is met. Defaults to no
    target."""
    precision_of: Literal["price", "bid"] = "price"
    """Quantity of the precision target: price, the mean present value; or bid, the bid in the
    buyer's measure."""
    horizon_months: Annotated[int, Field(ge=1, le=600, json_schema_extra={"unit": "months"})] = 120
    """Months simulated; unresolved loans then count with their residual share."""
    seed: Annotated[int, Field(ge=0, lt=2**64, json_schema_extra={"unit": "integer"})] = 1
    """Seed of all random numbers."""
    threads: Annotated[int, Field(ge=0, le=1024, json_schema_extra={"unit": "count"})] = 0
    """Threads; 0 uses all cores. Results do not depend on it."""
    memory_limit_gib: Annotated[
        float, Field(gt=0.0, le=100_000.0, json_schema_extra={"unit": "GiB"})
    ] = 2.0
    """Maximum memory of the run, checked before it starts."""
    time_limit_hours: (
        Annotated[float, Field(gt=0.0, le=100_000.0, json_schema_extra={"unit": "hours"})] | None
    ) = None
    """Maximum estimated time of the run, checked before it starts; defaults to no limit."""
    detail: Literal["auto", "kinds", "totals", "streamed"] = "auto"
    """Detail of the cash flows stored by scenario. kinds: every kind of cash flow; totals:
    receipts and costs; streamed: those of the whole package, on disk. auto is the most detail
    within the memory limit."""
    group_by: Literal["segment", "product", "region", "stage"] = "segment"
    """Loan attribute of the group axis of the cash flows."""
