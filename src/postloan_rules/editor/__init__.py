"""Policies in an editor: mistakes, explanations, completion, names and layout. All but `server` is pure."""
