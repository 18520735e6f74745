"""A plan for classes of image files."""

import pytest
from _plans import ROOT

from unhans.config import loading
from unhans.pipeline import plan


@pytest.fixture
def images(tmp_path):
    """Plan for twelve classes of image files."""
    for split in ("train", "val"):
        for number in range(12):
            (tmp_path / "images" / split / f"class {number:02d}").mkdir(parents=True)

    def of(root=tmp_path / "images", model=(), corpus=(), **sections):
        folder = {"source": "folder", "root": str(root), **dict(corpus)}
        vgg16 = {"architecture": "vgg16", **dict(model)}
        values = {"corpus": {"mine": folder}, "model": {"vgg16": vgg16}, **sections}
        return plan.Plan(loading.load(values), ROOT)

    return of
