"""Artefacts: isolated, accepted, put into images and taken out, and the response to them."""
