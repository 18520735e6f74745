"""Restoration: images that a learned denoiser of bursts takes noise and compression out of."""
