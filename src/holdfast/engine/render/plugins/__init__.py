"""Config management plugins, as far as they can be decided without asking one."""
