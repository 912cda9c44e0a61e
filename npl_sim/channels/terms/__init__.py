"""Terms of a channel contract as a user writes them, and their checks."""
