"""Results of a deal that was carried out: cash by date, tranches, ledger."""
