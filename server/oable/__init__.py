"""Oable: researchers ask for an article processing charge by a form; the request goes to OABLE, where it is reviewed."""
