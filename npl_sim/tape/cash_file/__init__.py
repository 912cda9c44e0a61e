"""Files of cash received: one row a payment, or one column a month."""
