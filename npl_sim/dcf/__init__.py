"""A second method: expected cash by month, with analytic stage probabilities.

It reads the same words and the same tape as the simulation, and shares no code with it: nothing from
the engine, its kernels, the factor paths, the flows or the valuation, which a test asserts. It was
written from docs/model.md. What it simplifies is listed in docs/independence.md.
"""
