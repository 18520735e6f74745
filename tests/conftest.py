"""Fixtures that every kind of test shares."""

import os

# As in a job: one thread, set before NumPy is imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
import pytest  # noqa: E402


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)
