"""How each kind of object is judged."""
