"""Fixtures that every kind of test shares."""

from unhans.pipeline import job

job.prepare()  # as in a job: one thread, set before NumPy and Numba are imported

import numpy as np  # noqa: E402
import pytest  # noqa: E402


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)
