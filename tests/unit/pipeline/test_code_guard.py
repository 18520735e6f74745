"""code_guard: a job whose code is edited under its run makes nothing."""

import os
import shutil
from types import SimpleNamespace

import pytest

from unhans.pipeline import code_guard, digest
from unhans.types import STORE_FORMAT

OWN = "mine_guarded:net"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy of the code, and a module of the user's own; what the run noted of them."""
    root = tmp_path / "workflow"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("scripts", "unhans"):
        shutil.copytree(code_guard.ROOT / name, root / name, ignore=ignored)
    (tmp_path / "mine_guarded.py").write_text("def net():\n    return 1\n")
    monkeypatch.setattr(code_guard, "ROOT", root)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(code_guard.VARIABLE, "null")
    code_guard.export([OWN])
    yield root
    digest.forget()


def code(root):
    return f"{digest.source_digest('affinity', root=root)}-{STORE_FORMAT}"


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def fault(planned):
    return code_guard.fault("affinity", SimpleNamespace(), planned)


def test_code_that_stays_is_not_read_again(tree, monkeypatch):
    planned = code(tree)
    monkeypatch.setattr(digest, "forget", lambda: pytest.fail("it was read"))
    assert fault(planned) is None
    monkeypatch.undo()


def test_an_edit_is_refused_and_one_that_is_taken_back_is_not(tree):
    planned = code(tree)
    script = tree / "scripts/affinity.py"
    text = script.read_text()
    edit(script, 'job.settings["knn"]', 'job.settings["knn"] + 1')
    assert "the code of stage affinity was changed while the run went on" in str(fault(planned))
    script.write_text(text)
    assert fault(planned) is None


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("scripts/affinity.py", '"""affinity', '"""Graphs: affinity'),
        ("scripts/clustering.py", "job.settings", "(job.settings)"),
        ("unhans/reporting/ranking.py", "import pandas", "import os\nimport pandas"),
    ],
)
def test_edits_that_make_no_other_result_are_no_fault(tree, name, old, new):
    planned = code(tree)
    edit(tree / name, old, new)
    os.utime(tree / name)
    assert fault(planned) is None


def test_a_module_that_the_script_imports_counts(tree):
    planned = code(tree)
    module = tree / "unhans/spray/affinity.py"
    module.write_text(module.read_text() + "\nMORE = 1\n")
    assert fault(planned) is not None


def test_a_file_that_is_gone_or_half_written_counts(tree):
    planned = code(tree)
    (tree / "unhans/spray/affinity.py").write_text("def half(")
    assert fault(planned) is not None
    (tree / "unhans/spray/affinity.py").unlink()
    assert fault(planned) is not None
    (tree / "scripts/affinity.py").unlink()
    assert fault(planned) is not None


def test_code_of_the_users_own_counts(tree):
    planned = code(tree)
    edit(tree.parent / "mine_guarded.py", "return 1", "return 12")
    assert str(fault(planned)).startswith(f"the code of {OWN} was changed")
    (tree.parent / "mine_guarded.py").unlink()
    assert str(fault(planned)).startswith(f"the code of {OWN} was changed")


def test_a_script_that_is_called_by_hand_is_held_against_nothing(tree, monkeypatch):
    monkeypatch.delenv(code_guard.VARIABLE)
    edit(tree / "scripts/affinity.py", 'job.settings["knn"]', 'job.settings["knn"] + 1')
    assert fault("any-3") is None
