"""The words in which a user says what happens to a loan: law, policies and their distributions."""
