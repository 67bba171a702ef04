"""Whole servers as processes of their own, killed and raced; `make hard` runs them at full length."""
