"""Attribution: from a network and images to heatmaps."""
