"""Where works are seen and downloaded: captured beside the request, freed of robots, counted by COUNTER R5.1."""
