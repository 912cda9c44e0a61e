"""Base of all packages: errors, units, record layout, provenance, progress, safe files."""
