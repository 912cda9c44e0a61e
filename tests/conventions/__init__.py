"""Conventions of the code base, checked by script: size, language, spelling, retired names.

``python -m tests.conventions [PATH ...]`` lists every violation; ``--count`` prints the number by
file.
"""
