"""Fuzzing of the command line: mutated files and options; no input may end in a traceback."""
