"""Securitization deals: package cash through a waterfall, by date and scenario.

`docs/deals.md` is the contract. Words: `rates`, `claims`, `conditions`, `accounts`, `actions`,
`triggerwords` and `spec` (the deal as a whole), which `checks` holds together. Work: `dates`,
`collections` and `table` (cash by payment date), `plan` (the business plan), `terms` (words turned
into arrays), `state`, `growth`, `triggers`, `steps`, `call`, `waterfall` (the loop), `ledger` (one
scenario in words). Results: `tranches`, `bydate`, `outcome` (all of them at once). Structuring:
words in `structurewords`, `limitwords` and `ratingwords`, held together by `structurechecks`;
`resize` (what follows), `stress`, `trials` and `limits` (what a size means), `search` and
`sizing`, `solve`, `seller`, `frontier`, and `structuring` (all of it). `poolflows` makes the cash
of a pool from a few stated numbers.
"""
