"""Snapshots in columns: their Arrow form, the ways into it from files, and made-up customers in bulk."""
