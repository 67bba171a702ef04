"""SWORD 3.0: its requests, its JSON documents, its routes."""
