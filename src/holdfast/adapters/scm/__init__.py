"""Pull requests at the hosts of repositories: read about, and told on."""
