"""Public Python API: read and simulate studies; price, bid, and run deals and contracts.

Use every name as ``npl_sim.NAME``. Names outside ``npl_sim.__all__`` are internal and may change.
"""
