"""Changes of images: interventions on them, and their controls."""
