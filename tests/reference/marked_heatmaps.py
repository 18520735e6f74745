"""Heatmaps of a class in which some images are marked."""

import numpy as np


def heatmaps_with(random, n, marked, size=14, strength=0.4):
    """Blobs in the middle; the marked ones have relevance in a corner too."""
    axis = np.arange(size)
    maps = np.zeros((n, size, size))
    for heatmap in maps:
        row, column = random.uniform(4, 10, 2)
        bump = np.exp(-((axis - row) ** 2)[:, None] / 4 - ((axis - column) ** 2) / 4)
        heatmap += bump * random.lognormal(0, 0.5) - 0.05 * random.random(heatmap.shape)
    for number in marked:
        mass = np.maximum(maps[number], 0).sum()
        maps[number, -2:, -2:] += strength * mass * random.uniform(0.5, 1) / 4
    return maps.astype(np.float32)
