"""Read tables of any common format and notation into raw cells, typed columns and findings.

One reader serves the loan tape, the flows of a deal and the outcomes of a contract. Cell types
survive until they are checked; nothing is repaired and nothing is guessed.
"""
