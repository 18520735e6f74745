"""Optimal transport: what metrics share."""
