"""What is no set though it is kept as one: the records a base URL with conditions holds."""

HIDDEN = "/"
"""How the spec begins. No setSpec may have a slash (OAI-PMH 2.6): no client can ask for it, no header shows it."""


def is_hidden(spec: str) -> bool:
    """Whether this is no set, but what a base URL chooses its records by."""
    return spec.startswith(HIDDEN)
