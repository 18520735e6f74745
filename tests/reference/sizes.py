"""Of the small class of heatmaps in conftest: neighbours of its graph and eigenvectors kept."""

KNN = 10
Q = 8
