"""The library against slow definitions, and against other people's implementations."""
