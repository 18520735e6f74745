"""targets: all that is kept is asked for."""

from pathlib import Path

from _plans import (
    make,
)

from unhans.pipeline import targets


def test_all_that_is_kept_is_asked_for(images):
    kept = set(targets.kept(images(corpus={"classes": 2})))
    assert {"results/mine/manifest.tsv", "results/mine/vgg16/accuracy.tsv"} <= kept
    assert "results/mine/vgg16/training.tsv" not in kept
    assert sum("/corpus/" in path for path in kept) == 2
    assert sum("/projection/" in path for path in kept) == 2
    digits = set(targets.kept(make()))
    assert "results/digits/small_vgg/training.tsv" in digits


def test_of_a_chunk_the_first_class_is_asked_for_and_what_is_missing_beside_it(images, tmp_path):
    made = images(
        corpus={"classes": 4}, execution={"classes_per_job": 3}, results=str(tmp_path / "results")
    )
    first, second, third, fourth = (
        Path(made.result("affinity", made.config.analyses()[0], class_id))
        for class_id in made.classes.analysed("mine")
    )

    def asked():
        return {path for path in targets.kept(made) if "/affinity/" in path}

    assert asked() == {str(first), str(fourth)}  # a fresh run: all of a chunk is made anyway
    first.parent.mkdir(parents=True)
    for path in (first, second, third):
        path.touch()
    assert asked() == {str(first), str(fourth)}
    third.unlink()
    assert asked() == {str(first), str(third), str(fourth)}
    first.unlink()
    assert asked() == {str(first), str(fourth)}


def test_results_that_analyses_share_are_asked_for_once(images):
    made = images(corpus={"classes": 2}, embedding={"q": [4, 6]})
    assert [len(targets.of_classes(made, name)) for name in ("attribution", "embedding")] == [2, 4]
