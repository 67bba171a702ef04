"""What happened, for whoever wants to be told: written in the transaction in which it happened, sent out later."""
