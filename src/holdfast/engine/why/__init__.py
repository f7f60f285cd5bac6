"""Why an application is not synced, not healthy or not moving, and what would unblock it."""
