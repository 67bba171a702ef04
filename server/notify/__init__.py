"""What goes out: events to webhooks, messages by mail. One engine delivers both, through the job queue."""
