"""HTML forms made from the classes they fill: fields, rows, errors in words; no script, no server, no database."""
