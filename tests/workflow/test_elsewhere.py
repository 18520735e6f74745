"""The page 'Use the results elsewhere': its sessions are true of a finished run."""

import doctest
import os
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/how-to/elsewhere.md"
SESSION = re.compile(r"^```pycon\n(.*?)^```", re.M | re.S)


def sections():
    """Sessions of the page by the heading that they stand under."""
    _, *parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.M)
    found = {part.partition("\n")[0]: SESSION.findall(part) for part in parts}
    return {heading: "\n".join(sessions) for heading, sessions in found.items() if sessions}


def run_section(heading, folder):
    """Run the sessions of a section one after the other in a folder that holds ``results``."""
    said = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags, verbose=False)
    text, before = sections()[heading], Path.cwd()
    os.chdir(folder)
    try:
        runner.run(
            doctest.DocTestParser().get_doctest(text, {}, heading, str(PAGE), 0), out=said.append
        )
    finally:
        os.chdir(before)
    assert not runner.failures, "".join(said)
    assert runner.tries >= 3


@pytest.mark.parametrize("heading", ["In Python", "Lists for annotators"])
def test_sessions_are_true_of_a_finished_run(heading, finished):
    run_section(heading, finished.folder)
