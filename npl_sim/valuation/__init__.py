"""From package flows to prices.

One file per question: `reduce` (sums by scenario), `solve` (bids, loss probabilities), `recovery`
(when the cash comes), `breakdown` (whose and which cash it is), `price` (all of them for one
package). Present values, rates of return and estimates with errors are in `stats/`.
"""
