"""Tables, text and figures of a priced package."""
