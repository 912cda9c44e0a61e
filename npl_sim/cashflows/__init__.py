"""Simulated cash flows of the package, by scenario, month, kind and group."""
