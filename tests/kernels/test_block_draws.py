"""Draws, quantiles, normals and exponentials of many lanes at once, against those of one."""

from __future__ import annotations

import platform
import re

import numba
import numpy as np
import pytest
from scipy.special import ndtri

from npl_sim.kernels import block_draws
from npl_sim.kernels.draws import normal, quantile
from npl_sim.kernels.lanes import LANES, ROWS, WIDTH
from npl_sim.kernels.rng import Replicate, draw, numbered

SMALLEST = 2.0**-33
"""Least uniform of 32 bits."""

COUNTS = (1, 3, 4, 37, WIDTH)

one_by_one = pytest.mark.skipif(
    numba.config.DISABLE_JIT, reason="compilation is off, and there is no machine code"
)


@numba.njit(error_model="numpy")
def fill_draws(replicate, lanes, count, key, stream, step, row):
    record = lanes[0]
    block_draws.draw_block(replicate, record, record["number"], count, key, stream, step, row)


@numba.njit(error_model="numpy")
def fill_quantiles(lanes, count, tables, row, source, to):
    block_draws.quantile_block(lanes[0], count, tables, row, source, to)


@numba.njit(error_model="numpy")
def fill_normals(lanes, count, source, to):
    block_draws.normal_block(lanes[0], count, source, to)


@numba.njit(error_model="numpy")
def fill_exponentials(lanes, count, source, to):
    block_draws.exp_block(lanes[0], count, source, to)


def uniforms(count: int, seed: int = 3) -> np.ndarray:
    """Return uniforms of 32 bits, the least and the greatest among them."""
    integers = np.random.default_rng(seed).integers(0, 2**32, count)
    u = (integers + 0.5) / 2.0**32
    special = [SMALLEST, 1 - SMALLEST, 0.075, 0.925, 1 / 16, 15 / 16, 1 / 256, 255 / 256, 0.5]
    u[: len(special)] = special[:count]
    return u


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("replicate_number", [0, 5])
def test_draws_are_those_of_each_lane(count, replicate_number):
    lanes = np.zeros(1, LANES)
    first = numbered(1000, replicate_number, 8)
    scenarios = np.random.default_rng(1).permutation(WIDTH).astype(np.uint64)
    lanes[0]["number"] = np.uint64(1000) + scenarios
    key, seed = np.uint64(0xDEADBEEFCAFE1234), (np.uint64(11), np.uint64(12))
    fill_draws(Replicate(*seed, first), lanes, count, key, 6, 2, 4)
    for i in range(count):
        expected = draw(Replicate(*seed, first + scenarios[i]), key, 6, 2)
        assert tuple(lanes[0]["w"][4:8, i]) == expected


@pytest.mark.parametrize("count", COUNTS)
def test_quantiles_are_those_of_each_lane(count):
    tables = np.cumsum(np.random.default_rng(2).random((3, 7, 256, 2)), axis=2)
    lanes = np.zeros(1, LANES)
    u = uniforms(WIDTH)
    lanes[0]["w"][1] = u
    fill_quantiles(lanes, count, tables, 2, 1, 5)
    expected = [quantile(tables, 2, x) for x in u[:count]]
    assert lanes[0]["w"][5, :count].tolist() == expected


def test_normals_agree_with_those_of_each_lane_and_with_scipy():
    lanes = np.zeros(1, LANES)
    for seed in range(40):
        u = uniforms(WIDTH, seed)
        lanes[0]["w"][0] = u
        fill_normals(lanes, WIDTH, 0, 9)
        z = lanes[0]["w"][9]
        # Near the median z is about 0, and an error of the last bit of u is larger than that of z.
        tolerance = 4 * np.finfo(float).eps
        assert np.allclose(z, [normal(x) for x in u], rtol=tolerance, atol=1e-16)
        assert np.allclose(z, ndtri(u), rtol=1e-14, atol=1e-15)


def test_exponentials_agree_with_numpy_to_two_units_in_the_last_place():
    lanes = np.zeros(1, LANES)
    rng = np.random.default_rng(5)
    for scale in (1e-9, 1.0, 30.0, 699.0):
        x = rng.uniform(-scale, scale, WIDTH)
        lanes[0]["w"][0], lanes[0]["w"][1] = x, 3.0
        fill_exponentials(lanes, WIDTH, 0, 1)
        expected = 3.0 * np.exp(x)
        assert np.all(np.abs(lanes[0]["w"][1] - expected) <= 2 * np.spacing(expected))


def test_exponentials_are_bounded_and_never_wrap_around():
    lanes = np.zeros(1, LANES)
    lanes[0]["w"][0, :4], lanes[0]["w"][1, :4] = [-1e6, 1e6, -701.0, 0.0], 1.0
    fill_exponentials(lanes, 4, 0, 1)
    low, high, lower, one = lanes[0]["w"][1, :4]
    assert low == lower < 1e-300
    assert high > 1e300
    assert one == 1.0


def test_other_rows_are_left_alone():
    lanes = np.zeros(1, LANES)
    lanes[0]["w"] = 0.25
    tables = np.ones((1, 7, 256, 2))
    fill_quantiles(lanes, WIDTH, tables, 0, 3, 4)
    fill_normals(lanes, WIDTH, 3, 5)
    untouched = [row for row in range(ROWS) if row not in (4, 5)]
    assert np.all(lanes[0]["w"][untouched] == 0.25)


def assembly(function: object, *types: object) -> str:
    """Return the machine code of a compiled function."""
    function.compile(types)  # type: ignore[attr-defined]
    return next(iter(function.inspect_asm().values()))  # type: ignore[attr-defined]


@one_by_one
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="not an x86-64 machine")
def test_draws_and_quantiles_use_vector_instructions():
    # Rows that the compiler cannot tell apart, or a branch in a loop, would lose them in silence.
    record, i8 = numba.typeof(np.zeros(1, LANES)[0]), numba.int64
    replicate = numba.typeof(Replicate(np.uint64(1), np.uint64(1), np.uint64(1)))
    numbers = numba.types.Array(numba.uint64, 1, "C")
    code = assembly(
        block_draws.draw_block, replicate, record, numbers, i8, numba.uint64, i8, i8, i8
    )
    # Ten rounds of two products, in each of two loops (plain and stratified draws).
    assert len(re.findall(r"\bv?pmuludq\b", code)) >= 36
    tables = numba.types.Array(numba.float64, 4, "C")
    code = assembly(block_draws.quantile_block, record, i8, tables, numba.int32, i8, i8)
    assert re.search(r"\bv?mulpd\b", code)
    assert re.search(r"\bv?minpd\b|\bv?cmp\w*pd\b", code)
    code = assembly(block_draws.normal_block, record, i8, i8, i8)
    assert len(re.findall(r"\bv?mulpd\b", code)) >= 30
    code = assembly(block_draws.exp_block, record, i8, i8, i8)
    assert len(re.findall(r"\bv?mulpd\b", code)) >= 10
