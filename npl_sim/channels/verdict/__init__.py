"""TransferFacts that accountants and supervisors ask of a contract, measured on its cash."""
