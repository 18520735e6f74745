"""Networks: building, loading, training and inference."""
