"""Fixtures that every kind of test shares."""

import sys

from unhans.pipeline import job

assert "numpy" not in sys.modules, "a plugin of pytest loads NumPy too early; see pyproject.toml"
job.prepare()  # as in a job: one thread, set before NumPy and Numba are imported

import numpy as np  # noqa: E402
import pytest  # noqa: E402


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)
