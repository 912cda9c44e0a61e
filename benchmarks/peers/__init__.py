"""The same model in C++, NumPy and plain Python, which the engine is measured against."""
