"""Reference implementation of the waterfall: one scenario at a time, one payment at a time, in
plain Python.

Written from `docs/deals.md` alone. It knows the terms of a deal (the frozen models) and nothing of
the modules that carry them out. Dates and day counts are worked out by hand here; only the
holidays come from QuantLib. Read `interpreter` first: it is section 4 of the contract, event by
event.
"""
