"""Writing to disk: files and folders that appear whole or not at all, and that only one process writes."""
