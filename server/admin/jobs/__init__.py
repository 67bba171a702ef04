"""The jobs' pages: what runs and ran, how a run is started, what runs by the clock, and the queue under it all."""
