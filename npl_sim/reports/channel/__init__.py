"""Tables, text and figures of a channel contract."""
