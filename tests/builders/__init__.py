"""Builders of test studies, tapes, cash, deals and contracts, shared by the tests of all
packages.
"""
