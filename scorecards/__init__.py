"""Documents: tables in, workbook, PDF, HTML and data files out. Pure; no score is computed here."""
