"""Figures: one picture a module."""
