"""Golden figures: what the shipped studies, deals and contracts came to, to nine digits."""
