"""Measurements beside yardsticks, taken in the same run and printed as ratios."""
