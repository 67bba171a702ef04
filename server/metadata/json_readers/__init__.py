"""Readers of metadata in JSON, one file each."""
