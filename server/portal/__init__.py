"""The way in for people: who is at the door, what they may see, and the frame around every page behind it."""
