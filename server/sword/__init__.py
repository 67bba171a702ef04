"""SWORD deposit: receive, understand, accept or hold, and tell."""
