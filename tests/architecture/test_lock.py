"""The lock: every pin has hashes or a reason, every layer and licence fits it, another Python is said."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from _tree import ROOT

ENVS = ROOT / "envs"
LAYERS = ("runtime", "dev", "fuzz", "docs")
BUILDS = {"torch", "torchvision"}
"""Packages whose builds for CPUs and GPUs have one version: their bytes have no single hash."""

LICENCES = re.compile(
    r"\b(MIT|Apache|BSD|0BSD|PSF|Python Software Foundation|Mozilla Public|MPL|ISC|LGPL|GNU Lesser)\b"
)
"""What an MIT program may import."""

COPYLEFT = {"corelay", "docutils", "zennit"}
"""Docutils may be had under BSD; Zennit's LGPL binds its own code; CoRelAy is a benchmark's peer."""


def pins_of(name):
    """Pins of a layer with the number of their hashes."""
    text = (ENVS / f"{name}.txt").read_text(encoding="utf-8")
    pins = re.findall(
        r"^([\w.-]+)==([^\s\\]+)((?: \\\n +--hash=sha256:[0-9a-f]{64})*)$", text, re.M
    )
    lines = [line for line in text.splitlines() if re.match(r"[\w.-]+==", line)]
    assert len(pins) == len(lines)
    return {(key(package), version): hashes.count("--hash") for package, version, hashes in pins}


def key(package):
    return re.sub(r"[-_.]+", "-", package).lower()


def all_pins():
    return [pin for name in (*LAYERS, "torch") for pin in pins_of(name)]


@pytest.mark.parametrize("name", [*LAYERS, "virelay"])
def test_every_pin_has_hashes(name):
    assert all(pins_of(name).values())


def test_no_package_is_pinned_twice_and_builds_have_a_file_of_their_own():
    packages = [package for package, _ in all_pins()]
    assert len(packages) == len(set(packages))
    assert {package for package, _ in pins_of("torch")} == BUILDS


def test_all_that_the_project_asks_for_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["dev"], *extras["fuzz"], *extras["docs"]]
    names = {key(re.match(r"[\w.-]+", requirement)[0]) for requirement in asked}
    assert names <= {package for package, _ in all_pins()}


def test_conda_environments_have_the_pins_of_the_runtime():
    values = yaml.safe_load((ENVS / "unhans.yaml").read_text())
    pins = {tuple(pin.split("==")) for pin in values["dependencies"][-1]["pip"]}
    expected = {*pins_of("runtime"), *pins_of("torch")}
    assert {(key(package), version) for package, version in pins} == expected


def test_the_licence_of_every_pin_is_known():
    lines = (ENVS / "licences.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines]
    assert rows[0] == ["package", "version", "licence"]
    table = {(key(package), version): licence for package, version, licence in rows[1:]}
    assert set(all_pins()) == set(table)
    unknown = {pin for pin, licence in table.items() if not LICENCES.search(licence)}
    assert not unknown
    assert {
        name for (name, _), licence in table.items() if re.search("GPL|GNU", licence)
    } == COPYLEFT
    assert "corelay" not in {name for name, _ in pins_of("runtime")}


def same_python(folder):
    command = [sys.executable, ENVS / "same_python.py", folder]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stderr


def test_an_environment_of_another_python_is_said(tmp_path):
    assert same_python(tmp_path / "none") == (0, "")
    (tmp_path / "bin").mkdir()
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\n")
    python = tmp_path / "bin/python"
    python.symlink_to(sys.executable)
    assert same_python(tmp_path) == (0, "")
    python.unlink()
    python.write_text("#!/bin/sh\necho cpython 3.99\n")
    python.chmod(0o755)
    code, said = same_python(tmp_path)
    assert code == 1
    assert f"{tmp_path} was made by cpython 3.99, and PYTHON is cpython" in said
    assert said.count("\n") == 1
    python.unlink()
    code, said = same_python(tmp_path)
    assert code == 1
    assert "a Python that is gone" in said


def test_make_says_it_before_it_uses_such_an_environment(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "pyvenv.cfg").touch()
    for done in ("runtime", "dev"):
        (tmp_path / done).touch()
    command = ["make", f"VENV={tmp_path}", f"PYTHON={sys.executable}", "test"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 2
    assert f"{tmp_path} was made by" in said.stderr
