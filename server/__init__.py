"""Sheaf: works come in by SWORD, get their identifiers, and go out by OAI-PMH."""

VERSION = "0.1.0"
