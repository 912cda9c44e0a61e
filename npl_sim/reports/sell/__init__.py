"""Report of the seller's book: tables, text, printed pages, workbook, figures."""
