"""Mutants: formulas broken on purpose, each with the test that must turn red."""
