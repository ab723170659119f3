"""Examples that are missing, made by z3 and by search. Install the extra `proof` to use them.

Only what is imported from here, and the command that imports it, need z3.
"""
