"""Correction: networks cured of accepted artefacts, and what became of them."""
