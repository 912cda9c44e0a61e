"""Errors and warnings on the terms of a deal."""
