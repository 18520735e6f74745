"""Probes: what tells whole classes apart, in the data and for a network."""
