"""Checkouts to run and to edit, one with a small run finished in it."""

import shutil

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
    folder = tmp_path / "checkout"
    shutil.copytree(finished.folder, folder, symlinks=True)
    made = Checkout.__new__(Checkout)
    made.folder = folder
    return made
