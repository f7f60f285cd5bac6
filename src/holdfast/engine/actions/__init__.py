"""Resource actions: which a live object offers, and what each would change."""
