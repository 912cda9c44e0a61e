"""The workbook of inputs: its sheets, and the edited cells that change a study."""
