"""Layer-wise Relevance Propagation by an engine of our own."""
