"""Platform fingerprint: bits of the mathematical functions that shape scenarios.

NumPy, SciPy and the C library choose different code for different processors, with other last
bits. Versions and the kind of machine do not show this.
"""

from __future__ import annotations

import functools
import hashlib
import math

import numpy as np
from scipy import special

POINTS = 2048


@functools.cache
def platform_fingerprint() -> str:
    """Return a hash of the bits of functions at fixed points.

    The kernels call the functions of the C library that `math` calls. Their own sums and
    products keep their written order on every processor.
    """
    wide = (np.arange(POINTS) - POINTS / 2) * (37.0 / POINTS)
    share = (np.arange(POINTS) + 0.5) / POINTS
    positive = wide * wide + share
    spread = np.outer(share[:48], wide[-1536:]).reshape(48, 8, 8, 24)
    values = [f(wide) for f in (np.exp, np.expm1, np.sinh, np.arcsinh)]
    values += [f(wide) for f in (special.ndtr, special.erfc)]
    values += [np.log(positive), np.log1p(positive), np.power(positive, 0.37)]
    values += [special.ndtri(share), special.stdtr(4.5, wide)]
    values += [special.gammaincinv(2.5, share[::4]), special.betaincinv(2.0, 3.5, share[::4])]
    values += [spread.mean(axis=3), spread.sum(axis=(1, 2))]
    values += [np.einsum("smkg,m->skg", spread, share[:8])]
    numbers, positives = wide.tolist(), positive.tolist()
    values += [np.array([f(x) for x in numbers]) for f in (math.exp, math.expm1, math.erfc)]
    values += [np.array([f(x) for x in positives]) for f in (math.log, math.log1p)]
    values.append(np.array([x**0.37 for x in positives]))
    return hashlib.sha256(b"".join(v.tobytes() for v in values)).hexdigest()
