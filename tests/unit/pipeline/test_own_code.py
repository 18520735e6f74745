"""own_code: an edit of what a function of the user's own imports is seen, and no other."""

import sys

import pytest

from unhans.errors import ConfigError
from unhans.pipeline import own_code


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write modules, by path, into a folder that is imported from."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def put(**files):
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__SLASH__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    yield put
    for name in set(sys.modules) - before:
        del sys.modules[name]


def names(function="mine_net:net"):
    return set(own_code.files_of(function, "model: architecture"))


def digest(function="mine_net:net"):
    return own_code.source_digest(function, "model: architecture")


IMPORTS = [
    "import mine_helper",
    "import mine_helper as other",
    "from mine_helper import body",
    "from mine_helper import *",
    "def net():\n    from mine_helper import body\n    return body()",
    "try:\n    import mine_helper\nexcept ImportError:\n    pass",
    "import importlib\nhelper = importlib.import_module('mine_helper')",
    "from importlib import import_module\nhelper = import_module('mine_helper')",
    "helper = __import__('mine_helper')",
    "import torch, mine_helper",
]


@pytest.mark.parametrize("text", IMPORTS)
def test_an_edit_of_an_imported_module_is_seen_however_it_is_imported(write, text):
    write(mine_net=text, mine_helper="def body(): ...")
    assert names() == {"mine_net", "mine_helper"}
    before = digest()
    assert digest() == before
    write(mine_helper="def body(): return 1")
    assert digest() != before


def test_modules_that_are_imported_by_others_count_also_in_a_circle(write):
    write(mine_net="import mine_a", mine_a="import mine_b", mine_b="import mine_c, mine_a")
    write(mine_c="x = 1", mine_d="x = 1")
    assert names() == {"mine_net", "mine_a", "mine_b", "mine_c"}
    before = digest()
    write(mine_d="x = 2")
    assert digest() == before
    write(mine_c="x = 2")
    assert digest() != before


def test_packages_count_with_relative_imports_and_all_that_lies_above(write):
    write(
        mine_kit__SLASH____init__="from . import tools",
        mine_kit__SLASH__tools="from .deep import inner",
        mine_kit__SLASH__deep__SLASH____init__="",
        mine_kit__SLASH__deep__SLASH__inner="from ..nets import size",
        mine_kit__SLASH__nets="from mine_kit.deep.other import y\nsize = 3",
        mine_kit__SLASH__deep__SLASH__other="y = 2",
        mine_kit__SLASH__unused="z = 1",
        mine_space__SLASH__part="w = 1",
    )
    assert names("mine_kit.nets:net") == {
        *("mine_kit", "mine_kit.tools", "mine_kit.deep", "mine_kit.deep.inner"),
        *("mine_kit.nets", "mine_kit.deep.other"),
    }
    write(mine_net="import mine_space.part")  # without an __init__
    assert names() == {"mine_net", "mine_space.part"}


def test_python_installed_packages_and_unhans_do_not_count(write, tmp_path, monkeypatch):
    installed = tmp_path / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "mine_installed.py").write_text("")
    monkeypatch.syspath_prepend(installed)
    text = "import os, json, numpy as np, torch.nn, mine_installed\nfrom unhans.networks import registry"
    write(mine_net=text)
    assert names() == {"mine_net"}
    assert names("mine_installed:net") == {"mine_installed"}


def test_words_do_not_count_and_modules_that_cannot_be_read_do(write):
    write(mine_net="import mine_helper", mine_helper="def body(): return 1")
    before = digest()
    write(mine_helper='"""Words."""\n\ndef body():\n    """More."""\n    return 1  # so\n')
    assert digest() == before
    write(mine_helper="def body(: return 1")
    assert digest() != before


def test_small_files_that_a_module_names_count(write, tmp_path, monkeypatch):
    write(mine_net="from pathlib import Path\nsizes = Path(__file__).with_name('sizes.json')")
    before = digest()
    (tmp_path / "sizes.json").write_text("[1]")
    one = digest()
    (tmp_path / "sizes.json").write_text("[2]")
    assert len({before, one, digest()}) == 3
    monkeypatch.setattr(own_code, "LARGEST", 2)
    assert digest() == before


def test_files_that_a_module_may_write_do_not_count(write, tmp_path):
    write(mine_net="import logging\nlogging.basicConfig(filename='net.log')\nflag = 'stop-now'")
    before = digest()
    for name in ("net.log", "stop-now"):
        (tmp_path / name).write_text("1")
    assert digest() == before


def test_a_module_that_is_not_there_or_fails_is_named(write):
    with pytest.raises(
        ConfigError, match="model: architecture 'mine_gone:net': no module 'mine_gone'"
    ):
        names("mine_gone:net")
    write(mine_bad__SLASH____init__="1 / 0", mine_bad__SLASH__net="")
    with pytest.raises(
        ConfigError, match=r"'mine_bad\.net:net': ZeroDivisionError: division by zero"
    ):
        names("mine_bad.net:net")


def test_a_helper_of_a_helper_is_not_run(write, tmp_path):
    write(mine_net="import mine_helper.part", mine_helper__SLASH__part="x = 1")
    write(mine_helper__SLASH____init__=f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert names() == {"mine_net", "mine_helper", "mine_helper.part"}
    assert not (tmp_path / "ran").exists()
