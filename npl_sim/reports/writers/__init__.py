"""Writers of the one table: terminal, HTML, workbook, and columns with units for Parquet."""
