"""Correction: networks corrected of accepted artefacts, compared with the network as it was."""
