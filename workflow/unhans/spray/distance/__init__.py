"""Distances between heatmaps: one metric a module, and nothing else."""
