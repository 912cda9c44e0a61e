"""Words for a simulation run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npl_sim.core.fields import Spec

__all__ = ["Simulation"]


class Simulation(Spec):
    """Size, seed and limits of a run."""

    scenarios: Annotated[
        int, Field(ge=2, le=4_000_000_000, json_schema_extra={"unit": "count"})
    ] = 2000
    """Number of simulated worlds."""
    precision: (
        Annotated[float, Field(ge=1e-6, lt=1.0, json_schema_extra={"unit": "share of price"})]
        | None
    ) = None
    """Wanted half width of the interval around what `precision_of` names, relative to it;
    scenarios are then the least that are run, and more follow until it is reached. None: as many
    as `scenarios`."""
    precision_of: Literal["price", "bid"] = "price"
    """What the precision is of: price, the mean present value; bid, what the buyer bids in its
    measure."""
    horizon_months: Annotated[int, Field(ge=1, le=600, json_schema_extra={"unit": "months"})] = 120
    """Months simulated; what is unresolved then counts with its residual share."""
    seed: Annotated[int, Field(ge=0, lt=2**64, json_schema_extra={"unit": "integer"})] = 1
    """Seed of all random numbers."""
    threads: Annotated[int, Field(ge=0, le=1024, json_schema_extra={"unit": "count"})] = 0
    """Threads; 0: all cores. Results do not depend on it."""
    memory_limit_gib: Annotated[
        float, Field(gt=0.0, le=100_000.0, json_schema_extra={"unit": "GiB"})
    ] = 2.0
    """Most memory that the run may take; stated and checked before it starts."""
    time_limit_hours: (
        Annotated[float, Field(gt=0.0, le=100_000.0, json_schema_extra={"unit": "hours"})] | None
    ) = None
    """Longest time that the run may take by an estimate made before it starts; none: it is only
    stated."""
    detail: Literal["auto", "kinds", "totals", "streamed"] = "auto"
    """Detail of the flows kept by scenario: every kind of cash flow, only receipts and costs, or
    those of the package as a whole, streamed to disk; auto: as much as the memory limit allows."""
    group_by: Literal["segment", "product", "region", "stage"] = "segment"
    """Loan attribute that forms the group axis of the flows."""
