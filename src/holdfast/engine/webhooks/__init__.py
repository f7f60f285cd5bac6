"""What senders of webhooks say, and which applications it concerns."""
