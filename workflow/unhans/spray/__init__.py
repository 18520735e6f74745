"""SpRAy: Algorithm 1 of the paper, from heatmaps to tau, on arrays."""
