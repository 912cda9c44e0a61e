"""Second method: expected cash by month from analytic stage probabilities.

It reads the same study and tape as the simulation and was written from docs/model.md. It shares no
code with the engine, the kernels, the factor paths, the cash flows or the valuation, as a test
asserts. docs/independence.md lists its simplifications.
"""
