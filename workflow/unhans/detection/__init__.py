"""Detection: indicators of artefacts, one score a class, and its p-value."""
