"""Pre-flight: what the agency responsible for a work would refuse of it, or be told otherwise, said before it is asked."""
