"""A study: its model, its YAML file, its checks and messages."""
