"""Policies as SQL: trees made from the typed expressions, printed for an engine's dialect."""
