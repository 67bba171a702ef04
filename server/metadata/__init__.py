"""Every way in (readers) and every way out (formats) of the record model, and the bytes kept of each."""
