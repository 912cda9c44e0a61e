"""Tables, text and figures of a deal."""
