"""Fixtures that every kind of test shares."""

# As in a job: one thread, set before NumPy and Numba are imported.
import unhans.pipeline.job  # noqa: F401  isort: skip

import numpy as np
import pytest


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)
