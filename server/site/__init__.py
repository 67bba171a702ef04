"""The public site around the works: its front page, the ways to find a work, and what it says to robots."""
