"""The generator, in layers: published vectors, independence of order, uniformity."""

import numpy as np
import pytest

from npl_sim.kernels.rng import Replicate, draw, fill_uniforms, numbered, philox, turned

# Known answers of the authors' library Random123 (file kat_vectors): counter, key, result.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_published_vectors(counter, key, expected):
    outputs = philox(*(np.uint64(w) for w in (*counter, *key)))
    assert tuple(int(w) for w in outputs) == expected


def test_an_address_maps_to_counter_and_key_as_documented():
    seed, scenario, key, stream, step = 0xA4093822_00000007, 5, 0x0123456789ABCDEF, 4, 3
    trial = Replicate(np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32), np.uint64(scenario))
    outputs = philox(
        *(np.uint64(w) for w in (5, 0x89ABCDEF, 0x01234567, (4 << 24) | 3, 7, 0xA4093822))
    )
    expected = [(int(w) + 0.5) / 2**32 for w in outputs]
    assert list(draw(trial, np.uint64(key), stream, step)) == expected


def test_extreme_draws_stay_inside_the_unit_interval():
    from npl_sim.kernels.rng import unit

    assert 0.0 < unit(np.uint64(0)) < 1e-9
    assert 1.0 - 1e-9 < unit(np.uint64(0xFFFFFFFF)) < 1.0


def test_a_later_start_gives_the_same_rows():
    whole, part = np.empty((10, 7)), np.empty((4, 7))
    fill_uniforms(np.uint64(1), np.uint64(0), np.uint64(99), 2, whole)
    fill_uniforms(np.uint64(1), np.uint64(6), np.uint64(99), 2, part)
    assert np.array_equal(whole[6:], part)


def test_moments_and_correlations_of_neighboring_addresses():
    """Chance of a false alarm about 1e-6: five standard errors on each of eight figures."""
    n = 200_000
    columns = []
    for key, stream in ((1, 2), (2, 2), (1, 3)):
        out = np.empty((n, 2))
        fill_uniforms(np.uint64(42), np.uint64(0), np.uint64(key), stream, out)
        columns.append(out)
    u = np.concatenate(columns, axis=1)
    assert np.all(np.abs(u.mean(axis=0) - 0.5) < 5 * np.sqrt(1 / 12 / n))
    correlation = np.corrcoef(u.T) - np.eye(6)
    assert np.abs(correlation).max() < 5 / np.sqrt(n)


def test_runs_uncompiled_to_the_same_draws():
    compiled = philox(*(np.uint64(w) for w in (1, 2, 3, 4, 5, 6)))
    plain = philox.py_func(*(np.uint64(w) for w in (1, 2, 3, 4, 5, 6)))
    assert tuple(map(int, compiled)) == tuple(map(int, plain))


@pytest.mark.parametrize("bits", [1, 2, 3, 5])
def test_draws_of_a_number_take_one_part_each(bits):
    """Every word's draws lie one in each of 2^bits equal parts, at the same place inside, draw 0
    where it was.
    """
    count = 2**bits
    outputs = np.random.default_rng(bits).integers(0, 2**32, 300, dtype=np.uint64)
    orders = set()
    for word in outputs:
        found = [int(turned(word, np.uint64(bits << 8 | r))) for r in range(count)]
        assert found[0] == word
        parts = [w >> (32 - bits) for w in found]
        assert sorted(parts) == list(range(count))
        assert {w & (2 ** (32 - bits) - 1) for w in found} == {found[0] & (2 ** (32 - bits) - 1)}
        orders.add(tuple((p - parts[0]) % count for p in parts))
    assert len(orders) >= {1: 1, 2: 2, 3: 12, 5: 100}[bits]


def test_a_later_draw_has_the_law_of_the_first():
    """Uniform in each of 16 cells and independent of its neighbors: chi-squared of 15 and of
    225 degrees of freedom at 1e-6 each, 200,000 scenarios.
    """
    from scipy import stats

    n = 200_000
    for r in (1, 5):
        out = np.empty((n, 2))
        fill_uniforms(np.uint64(42), numbered(0, r, 8), np.uint64(7), 4, out)
        cells = np.histogram2d(*out.T, bins=16, range=[[0, 1], [0, 1]])[0]
        for counts in (cells.sum(axis=0), cells.sum(axis=1), cells.ravel()):
            assert stats.chisquare(counts).pvalue > 1e-6


def test_a_numbered_scenario_without_a_draw_is_its_number():
    assert numbered(4_000_000_000, 0, 32) == 4_000_000_000
    assert numbered(7, 3, 8) == (3 << 8 | 3) << 32 | 7
