"""The explorer of a finished run: made by its target, whole, and made again only when it must."""

import shutil

import pytest

from unhans.reporting.explorer import site


@pytest.mark.long  # a run of every class, and four plans
def test_the_explorer_of_a_run_is_whole_and_is_made_once(checkout):
    assert checkout.planned() == {}  # a run does not ask for it
    checkout.run("explorer")
    folder = checkout.results / "explorer"
    classes = ("1", "3", "8")
    data = folder / "data" / "digits" / "small_vgg" / "epsilon_plus_flat"
    names = sorted(path.name for path in data.iterdir())
    assert names == sorted(f"{name}{end}" for name in classes for end in (".js", ".png"))
    front = {name for name, _ in site.front_end()} | {"overview.js"}
    assert front <= {path.name for path in folder.iterdir()}
    assert checkout.planned("explorer") == {}
    shutil.rmtree(folder)
    assert checkout.planned("explorer") == {"explorer": 1}
    checkout.configure(explorer={"thumbnail": 32})
    assert checkout.planned("explorer") == {"explorer_class": 3, "explorer": 1}
