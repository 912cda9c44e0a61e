"""What people read: figures, tables, summaries and explanations of a priced package."""
