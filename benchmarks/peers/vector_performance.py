"""Voluntary performance of judgments in the vectorized peer."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.vector_cash import month_of
from benchmarks.peers.vector_chunk import Chunk
from npl_sim.core.layout import Kind, Stage

__all__ = ["await_performance"]


def await_performance(chunk: Chunk) -> None:
    """Simulate voluntary performance of judgments, and the application for enforcement."""
    paths = chunk.standing(Stage.JUDGED)
    terms, rng = chunk.terms, chunk.rng
    on_tape = chunk.of_loan("stage", paths) == Stage.JUDGED
    elapsed = np.where(on_tape, chunk.of_loan("elapsed_probability", paths), 0.0)
    spent = np.where(on_tape, chunk.of_loan("stage_elapsed", paths), 0.0)
    chance = (
        terms["performance_probability"]
        * (1.0 - elapsed)
        / (1.0 - elapsed * terms["performance_probability"])
    )
    chunk.claim.default_interest_from[paths] = chunk.t[paths] + np.maximum(
        terms["performance_window"] - spent, 0.0
    )

    performs = rng.random(len(paths)) < chance
    w = np.flatnonzero(performs)
    p = paths[w]
    delay = chunk.quantiles(
        terms["performance_delay"], elapsed[w] + rng.random(len(p)) * (1.0 - elapsed[w])
    )
    t = chunk.t[p] + np.maximum(delay - spent[w], 0.0)
    in_time = month_of(t) <= chunk.end_of(p)
    chunk.stay(p[~in_time])
    p, t = p[in_time], t[in_time]
    claim = chunk.claim.take(p)
    claim.accrue(t)
    contingent = float(terms["lawyer_contingency_share"])
    chunk.accumulator.receive(p, Kind.PERFORMANCE, month_of(t), claim.owed, contingent)
    chunk.leave(p, Stage.JUDGED, Stage.CLOSED, t)

    w = np.flatnonzero(~performs)
    p = paths[w]
    t = chunk.t[p]
    if not terms["enforce"]:
        chunk.leave(p, Stage.JUDGED, Stage.DORMANT, t)
        return
    wait = np.maximum(terms["performance_window"] + terms["application_delay"] - spent[w], 0.0)
    too_late = (terms["application_delay"] > terms["enforcement_window_months"]) | (
        on_tape[w] & (wait > chunk.of_loan("window_left", p))
    )
    refused = np.flatnonzero(too_late)
    refused = refused[rng.random(len(refused)) < terms["defense_raised"]]
    end = chunk.end_of(p)
    stage = np.where(month_of(t + wait) > end, Stage.JUDGED, Stage.ENFORCEMENT)
    t = np.where(stage == Stage.JUDGED, end, t + wait)
    stage[refused] = Stage.DORMANT
    t[refused] = chunk.t[p[refused]]
    chunk.leave(p, Stage.JUDGED, stage, t)
