"""Checkouts to run and to edit, one with a small run finished in it."""

import pytest
from _checkout import Checkout


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A checkout with a finished run; tests leave it as they found it."""
    made = Checkout(tmp_path_factory.mktemp("finished"))
    made.run()
    return made


@pytest.fixture
def fresh(tmp_path):
    """A checkout without any results."""
    return Checkout(tmp_path / "fresh")


@pytest.fixture
def checkout(finished, tmp_path):
    """A copy of the finished checkout, records and time stamps included, to spoil at will."""
    return finished.copy(tmp_path / "checkout")
