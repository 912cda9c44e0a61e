"""Securitization deals: package cash through a waterfall, by date and scenario.

`docs/deals.md` is the contract. The packages, from a deal's terms to its results:

- `terms`: the terms of deal and structure; `checks`: their validation;
- `dates`, `collections`, `cash_table`, `pool_flows`: payment dates and the cash of the package;
- `waterfall`: compiled terms, state, accruals, triggers, steps, call, and the loop over dates;
- `results`: tranches, dates, ledger, and all of them in `outcome`;
- `sizing`: sizes within limits, goals, the seller's side, the frontier.
"""
