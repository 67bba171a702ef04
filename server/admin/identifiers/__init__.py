"""The identifiers: which are stuck and why, what their agencies said, what can be done about it, one by one or for many."""
