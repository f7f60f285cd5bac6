"""What a project, a window or a policy allows, with the reason."""
