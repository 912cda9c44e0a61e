"""From package flows to prices.

One file per question: `reduce` (sums by scenario), `discount` (present value), `risk` (estimates
with errors), `irr` and `solve` (rates of return, bids, loss probabilities), `recovery` (when the
cash comes), `breakdown` (whose and which cash it is), `price` (all of them for one package).
"""
