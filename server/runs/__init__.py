"""Long work with parameters, progress, a report of each item, cancelling and schedules, carried by the job queue."""
