"""The same model in C++, in vectorised NumPy and in plain Python, to measure the engine against."""
