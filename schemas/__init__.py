"""What is valid: plan models, tables, periods, reason codes, problems. Imports nothing else of Kaohe."""
