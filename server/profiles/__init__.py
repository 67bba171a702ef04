"""Integration profiles: typed settings an administrator edits, their secrets sealed."""
