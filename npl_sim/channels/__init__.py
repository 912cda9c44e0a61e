"""Sales of loan packages through vehicles, and the risk that stays with the seller.

`docs/channel.md` is the contract of this package: who pays whom, when, and which measures follow.
`terms/` holds the terms of a contract, `run.py` simulates it, `retained.py` measures retained
risk, and `verdict/` assesses accounting, capital and rules on sham sales
(`docs/channel_verdict.md`). The package does not depend on loans or their stages.
"""
