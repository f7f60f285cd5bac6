"""How each kind of service is told something: one request, or one mail, out of its settings and the text."""
