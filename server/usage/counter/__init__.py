"""The COUNTER API of Release 5.1: what can be asked, what is refused, and the reports."""
