"""Checkouts to run and to edit, one with a small run finished in it."""

import fcntl

import pytest
import yaml
from _checkout import Checkout


@pytest.fixture(scope="session")
def shared(tmp_path_factory, request):
    """Make a checkout once for all processes that test side by side.

    Of each name, the first process that asks runs ``make(folder)``, others wait; all get the checkout
    and leave it as they found it.
    """
    root = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        root = root.parent  # each worker has a folder of its own in it
    root /= "shared"
    root.mkdir(exist_ok=True)

    def once(name, make):
        done, folder = root / f"{name}.done", root / name / "checkout"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                done.write_text(yaml.safe_dump(make(folder).config, sort_keys=False))
        return Checkout.at(folder, yaml.safe_load(done.read_text()))

    return once


@pytest.fixture(scope="session")
def finished(shared):
    """A checkout with a finished run; tests leave it as they found it."""

    def make(folder):
        made = Checkout(folder)
        made.run()
        return made

    return shared("finished", make)


@pytest.fixture
def fresh(tmp_path):
    """A checkout without any results."""
    return Checkout(tmp_path / "fresh")


@pytest.fixture
def checkout(finished, tmp_path):
    """A copy of the finished checkout, records and time stamps included, to spoil at will."""
    return finished.copy(tmp_path / "checkout")
