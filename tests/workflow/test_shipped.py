"""The configs that are shipped plan a run; those for ImageNet over folders laid out as ImageNet's."""

import pytest
import yaml

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


@pytest.mark.long
def test_the_whole_paper_is_planned(fresh, tmp_path, monkeypatch):
    section = fresh.folder / "config/paper.yaml"
    named = yaml.safe_load(section.read_text())["corpus"]["artefacts"]["classes"]
    known = {name: synset for synset, (_, name) in imagenet().items()}
    for name in named:
        for split in ("train", "val"):
            (tmp_path / split / known.get(name, name)).mkdir(parents=True)
    monkeypatch.setenv("IMAGENET", str(tmp_path))
    planned = fresh.planned("--configfile", "config/paper.yaml", "--", "paper")
    assert planned["model"] == 6  # three networks, two corpora
    assert planned["unhansing"] == planned["accepted_response"] == 9
    assert (planned["paper_clusters"], planned["paper_networks"]) == (4, 1)
    assert planned["paper_artefacts"] == 6


@pytest.mark.parametrize("name", ["paper_digits", "paper_photographs"])
def test_the_papers_figures_of_shipped_corpora_are_planned(fresh, name):
    section = yaml.safe_load((fresh.folder / f"config/{name}.yaml").read_text())
    for corpus in section["corpus"].values():
        for class_id in corpus.get("classes", []):
            for split in corpus["splits"]:
                (fresh.folder / corpus["root"] / split / class_id).mkdir(parents=True)
    planned = fresh.planned("--configfile", f"config/{name}.yaml", "--", "paper")
    assert planned["tables"] == planned["toy_figure"] == planned["barycentre_figure"] == 1
    assert (planned["paper_clusters"], planned["paper_artefacts"]) == (4, 6)
    assert planned["paper_networks"] == planned["paper"] == 1


@pytest.mark.long
def test_the_second_version_is_planned(fresh, tmp_path, monkeypatch):
    for variable in ("ISIC", "ADIENCE"):
        for name in ("one", "other"):
            (tmp_path / variable / "train" / name).mkdir(parents=True)
        monkeypatch.setenv(variable, str(tmp_path / variable))
    planned = fresh.planned("--configfile", "config/clarc.yaml", "--", "screen")
    assert planned["fine_tuning"] == 2
