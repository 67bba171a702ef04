"""Identifier schemes, one file each."""
