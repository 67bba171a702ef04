"""The import monitor: what came in by SWORD, what is wrong with it, and what can be done about it, one by one or many at once."""
