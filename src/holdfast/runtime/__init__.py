"""What any level-triggered controller needs, with no knowledge of the product."""
