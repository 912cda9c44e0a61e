"""Operations of the compiled waterfall: rows that are used again, and cash drawn and moved."""

from __future__ import annotations

import numpy as np

from npl_sim.kernels import waterfall_tables as op
from npl_sim.kernels.waterfall import run_program
from npl_sim.securitization.waterfall.operations import Operations

SCENARIOS = 2 * op.LANES + 3
"""Two full groups, and one that is not full."""


def run(ops: Operations, kept: list[int], sums: int = 0) -> op.WaterfallResult:
    """Return the result of a program whose series 0 is the number of the scenario."""
    numbers = np.arange(float(SCENARIOS)) * np.ones((1, ops.dates, 1))
    result = op.WaterfallResult(
        np.zeros((len(kept), SCENARIOS)),
        np.zeros((0, ops.dates, SCENARIOS)),
        np.zeros((sums, ops.dates, op.SUMMED)),
        np.full(5, -1.0),
    )
    program = ops.program(kept)
    rows = np.full((len(program.opening), op.LANES), np.nan)
    run_program(program, op.WaterfallCash(numbers, np.zeros((1, ops.dates, 1))), rows, result)
    return result


def numbered(ops: Operations) -> int:
    """Return a row with the number of the scenario."""
    return ops.emit(op.LOAD, ops.result(), 0)


def test_rows_of_results_are_used_again_and_others_stay():
    ops = Operations(1)
    before = ops.result()
    with ops.temporary():
        first, kept, constant = ops.result(), ops.row(), ops.constant(7.0)
        with ops.temporary():
            inner = ops.result()
        assert ops.result() == inner
    assert {ops.result(), ops.result()} == {first, inner}
    assert ops.result() not in {before, first, inner, kept, constant}


def test_a_draw_is_what_is_due_under_the_mask_as_far_as_cash_reaches():
    ops = Operations(1)
    due, cash = numbered(ops), ops.row(100.0)
    mask = ops.combine(op.ABOVE, due, ops.constant(9.5))
    drawn = ops.emit(op.DRAW, ops.result(), due, cash, mask)
    numbers = np.arange(SCENARIOS)
    expected = np.where(numbers > 9.5, np.minimum(numbers, 100), 0)
    assert np.array_equal(run(ops, [drawn]).final[0], expected)


def test_an_amount_is_moved_on_each_date():
    ops = Operations(3)
    amount, source, to = numbered(ops), ops.row(10.0), ops.row(1.0)
    ops.move(amount, source, to)
    final = run(ops, [source, to]).final
    assert np.array_equal(final[0], 10.0 - 3.0 * np.arange(SCENARIOS))
    assert np.array_equal(final[1], 1.0 + 3.0 * np.arange(SCENARIOS))


def test_sums_hold_every_scenario_of_groups_of_any_size():
    ops = Operations(2)
    ops.emit(op.SUM, a=numbered(ops), b=0)
    sums = run(ops, [], sums=1).sums
    assert sums.sum(axis=2).tolist() == [[SCENARIOS * (SCENARIOS - 1) / 2] * 2]
    assert op.LANES % op.SUMMED == 0


def test_a_jump_needs_every_scenario_of_a_group_to_be_zero():
    """Only the last group has a scenario above the limit: the others jump over the operation."""
    ops = Operations(1)
    flag = ops.combine(op.ABOVE, numbered(ops), ops.constant(2.0 * op.LANES + 1.5))
    counted = ops.row()
    with ops.skipped(op.SKIP_IF_NONE, flag):
        ops.change(counted, op.ADD, ops.constant(1.0))
    assert run(ops, [counted]).final[0].tolist() == [0.0] * (2 * op.LANES) + [1.0] * 3
