"""Limits on a YAML file: size, depth and number of values.

The parser of the full language is written in Python and takes some 40 microseconds a value. So
the number of values bounds the time.
"""

from __future__ import annotations

MOST_BYTES = 1_000_000
"""Most bytes of a YAML file. A study with 250 policies takes some 300,000. [bytes]"""

MOST_VALUES = 50_000
"""Most values of a YAML file, keys included: two to three seconds of parsing."""

MOST_LEVELS = 60
"""Most levels of mappings and lists inside each other."""
