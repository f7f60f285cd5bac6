"""The preview of a pull request: renders two revisions, compares, and tells the result where the developer reads it."""
