"""Golden figures by command: ``python -m tests.golden`` compares, ``python -m tests.golden
--update`` rewrites them.

Names of products may follow; without any, all are worked out.
"""

from __future__ import annotations

import sys
import time

from tests.golden.figures import kept, moved, products, update, worked_out


def main(options: list[str]) -> int:
    """Compare or update; return 1 where figures have moved and were not updated."""
    updating = "--update" in options
    names = [word for word in options if word != "--update"]
    every = products()
    unknown = set(names) - {product.name for product in every}
    if unknown:
        print(
            f"unknown: {', '.join(sorted(unknown))}; expected some of "
            f"{', '.join(p.name for p in every)}"
        )
        return 2
    found = 0
    for product in every:
        if names and product.name not in names:
            continue
        began = time.perf_counter()
        lines = update(product) if updating else moved(kept(product), worked_out(product))
        found += len(lines)
        print(
            f"{product.name}: {len(lines)} moved, {time.perf_counter() - began:.1f} s", flush=True
        )
        for line in lines:
            print(f"  {line}")
    return int(found > 0 and not updating)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
