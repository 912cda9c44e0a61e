"""The public Python API: read a study, simulate it, and price, bid, run deals and contracts on its cash.

Every name is reached as ``npl_sim.NAME``; what is not listed in ``npl_sim.__all__`` is internal and may change.
"""
