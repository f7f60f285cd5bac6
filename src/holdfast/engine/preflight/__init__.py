"""What stands against a sync, found before anything is written."""
