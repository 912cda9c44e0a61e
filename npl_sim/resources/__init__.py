"""Data that ships with the package: reference figures with their sources."""
