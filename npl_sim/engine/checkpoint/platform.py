"""What this processor makes of the functions that shape scenarios: libraries choose other code for other processors."""

from __future__ import annotations

import functools
import hashlib
import math

import numpy as np
from scipy import special

__all__ = ["arithmetic_hash"]

POINTS = 2048


@functools.cache
def arithmetic_hash() -> str:
    """Return a hash of the bits of functions at fixed points, as NumPy, SciPy and the C library give them.

    The compiled walk calls the functions of the C library that `math` calls. Its own sums and products are in the order
    in which they are written, on every processor.
    """
    wide = (np.arange(POINTS) - POINTS / 2) * (37.0 / POINTS)
    share = (np.arange(POINTS) + 0.5) / POINTS
    positive = wide * wide + share
    spread = np.outer(share[:48], wide[-1536:]).reshape(48, 8, 8, 24)
    found = [
        np.exp(wide),
        np.log(positive),
        np.expm1(wide),
        np.log1p(positive),
        np.sinh(wide),
        np.arcsinh(wide),
        np.power(positive, 0.37),
        special.ndtri(share),
        special.ndtr(wide),
        special.erfc(wide),
        special.stdtr(4.5, wide),
        special.gammaincinv(2.5, share[::4]),
        special.betaincinv(2.0, 3.5, share[::4]),
        spread.mean(axis=3),
        spread.sum(axis=(1, 2)),
        np.einsum("smkg,m->skg", spread, share[:8]),
    ]
    numbers, positives = wide.tolist(), positive.tolist()
    found += [np.array([f(x) for x in numbers]) for f in (math.exp, math.expm1, math.erfc)]
    found += [np.array([f(x) for x in positives]) for f in (math.log, math.log1p)]
    found.append(np.array([x**0.37 for x in positives]))
    digest = hashlib.sha256()
    for values in found:
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
