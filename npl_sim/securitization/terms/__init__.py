"""Terms of a deal as a user writes them."""
