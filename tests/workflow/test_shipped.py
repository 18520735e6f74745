"""The configs that are shipped plan a run; those for ImageNet over folders laid out as ImageNet's."""

import pytest

from unhans.images.class_index import imagenet


@pytest.fixture
def folders():
    """Make folders of ImageNet's first classes, with nothing in them."""

    def make(root, classes, *splits):
        for synset in sorted(imagenet())[:classes]:
            for split in splits:
                (root / split / synset).mkdir(parents=True)

    return make


def test_imagenet_is_planned_in_chunks(fresh, folders, tmp_path, monkeypatch):
    folders(tmp_path / "imagenet", 70, "train", "val")
    monkeypatch.setenv("IMAGENET", str(tmp_path / "imagenet"))
    planned = fresh.planned("--configfile", "config/imagenet.yaml")
    chunks = {rule: count for rule, count in planned.items() if rule.startswith("attribution")}
    assert chunks == {f"attribution_imagenet_{number:03d}": 1 for number in range(3)}
    assert planned["ranking"] == planned["model"] == 1
    assert planned["accuracy_imagenet"] == planned["manifest_imagenet"] == 1
    assert "preprocessing_imagenet_000" not in planned
    assert "training" not in planned


def test_imagenet_without_its_folder_is_one_message(fresh, monkeypatch):
    monkeypatch.delenv("IMAGENET", raising=False)
    done = fresh.snakemake("--dry-run", "--configfile", "config/imagenet.yaml")
    assert done.returncode != 0
    assert "the environment variable IMAGENET is not set" in done.stdout + done.stderr


def test_imagenette_is_planned_class_by_class(fresh, folders):
    folders(fresh.folder / "data/imagenette-160", 10, "train", "val")
    planned = fresh.planned("--configfile", "config/imagenette.yaml")
    assert planned["corpus"] == planned["attribution"] == planned["preprocessing"] == 10
    assert planned["distance"] == planned["separability"] == 40
    assert planned["ranking"] == planned["figures"] == 1


def test_transport_is_planned_beside_euclidean(fresh):
    planned = fresh.planned("--configfile", "config/transport.yaml")
    assert planned["distance"] == planned["separability"] == 25
    assert planned["ranking"] == planned["comparison"] == planned["figures"] == 1
