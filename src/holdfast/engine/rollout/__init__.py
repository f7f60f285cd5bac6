"""How a new pod template takes over from an old one: decided from what is seen, without doing anything."""
