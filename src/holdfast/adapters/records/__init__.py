"""Records of syncs in object storage."""
