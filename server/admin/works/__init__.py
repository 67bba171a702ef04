"""The pages of the works: found, written, judged, compared, changed many at once."""
