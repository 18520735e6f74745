"""Networks: built, loaded, trained, asked."""
