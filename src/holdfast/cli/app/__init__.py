"""`holdfast app …`: one file a command."""
