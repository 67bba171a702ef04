"""The operator's commands, one file a subject. Each asks a running server, or does it itself where none runs."""
