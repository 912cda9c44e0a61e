"""The generator, in layers: published vectors, independence of order, uniformity."""

import numpy as np
import pytest

from npl_sim.kernels.rng import Trial, draw, fill_uniforms, philox

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
    words = philox(*(np.uint64(w) for w in (*counter, *key)))
    assert tuple(int(w) for w in words) == expected


def test_an_address_maps_to_counter_and_key_as_documented():
    seed, scenario, key, stream, step = 0xA4093822_00000007, 5, 0x0123456789ABCDEF, 4, 3
    trial = Trial(np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32), np.uint64(scenario))
    words = philox(*(np.uint64(w) for w in (5, 0x89ABCDEF, 0x01234567, (4 << 24) | 3, 7, 0xA4093822)))
    expected = [(int(w) + 0.5) / 2**32 for w in words]
    assert list(draw(trial, np.uint64(key), stream, step)) == expected


def test_extreme_words_stay_inside_the_unit_interval():
    from npl_sim.kernels.rng import unit

    assert 0.0 < unit(np.uint64(0)) < 1e-9
    assert 1.0 - 1e-9 < unit(np.uint64(0xFFFFFFFF)) < 1.0


def test_a_later_start_gives_the_same_rows():
    whole, part = np.empty((10, 7)), np.empty((4, 7))
    fill_uniforms(np.uint64(1), np.uint64(0), np.uint64(99), 2, whole)
    fill_uniforms(np.uint64(1), np.uint64(6), np.uint64(99), 2, part)
    assert np.array_equal(whole[6:], part)


def test_moments_and_correlations_of_neighbouring_addresses():
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


def test_runs_uncompiled_to_the_same_words():
    compiled = philox(*(np.uint64(w) for w in (1, 2, 3, 4, 5, 6)))
    plain = philox.py_func(*(np.uint64(w) for w in (1, 2, 3, 4, 5, 6)))
    assert tuple(map(int, compiled)) == tuple(map(int, plain))
