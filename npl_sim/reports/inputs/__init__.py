"""Writer of the workbook of inputs that `npl-sim init` makes."""
