"""Archives as they are sent, opened safely: what they list, the rules every entry must keep, and their bytes."""
