"""The systems that analyses ask for their measurements, one module each."""
