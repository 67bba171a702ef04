"""What people do with works: found, written, judged, compared; for the administration and the researchers' own pages alike."""
