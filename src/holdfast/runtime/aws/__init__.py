"""Who we are to AWS, and the proof of it: for everything that asks AWS, whatever it asks with."""
