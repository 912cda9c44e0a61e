"""Size the notes of a deal to limits, solve for terms, and value what the seller receives."""
