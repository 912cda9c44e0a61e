"""Reports on cash that came against the plan: text, tables, workbook, page, figures."""
