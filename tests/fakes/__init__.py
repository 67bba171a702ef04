"""Small real servers that stand in for agencies, each pinned to what the agency publishes."""
