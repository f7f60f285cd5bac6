"""What tests of Holdfast and of its users need: virtual time, sandbox clusters, builders."""
