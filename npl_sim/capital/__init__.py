"""Regulatory capital: internal ratings, securitization weights, tests of risk transfer, national rules as data."""
