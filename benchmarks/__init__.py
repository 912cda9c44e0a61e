"""Benchmarks of speed, start-up and memory, with peers in other languages."""
