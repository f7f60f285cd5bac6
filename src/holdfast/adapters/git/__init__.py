"""Git repositories: the git program on the network, pygit2 to read objects."""
