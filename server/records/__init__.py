"""The works a repository holds: their model, their vocabulary, their store and the feed of their changes."""
