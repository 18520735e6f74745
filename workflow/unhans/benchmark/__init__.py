"""Benchmark: how well scores of classes find planted artefacts."""
