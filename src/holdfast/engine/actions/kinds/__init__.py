"""Our own actions, one API group a file."""
