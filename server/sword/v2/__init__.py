"""SWORD 2.0: its requests, its documents, its routes."""
