"""Atomic writes to disk: files and folders that appear whole or not at all, with one writer."""
