"""Measurements of speed, start-up and memory, with peers in other languages. Not part of the tests."""
