"""Neural features: neurons and components of the last layer, their masks, labels and scores."""
