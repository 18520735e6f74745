"""unhans: find and remove Clever Hans behaviour in image classifiers, dataset-wide."""

__version__ = "0.1.0"
