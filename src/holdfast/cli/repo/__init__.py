"""The commands of `holdfast repo`."""
