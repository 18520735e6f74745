"""Image files of one's own and a network of one's own: from photographs to the ranking."""

import csv
import os
import shutil
import sys
from pathlib import Path

import _photos
import pytest
from _checkout import Checkout, digests
from PIL import Image

from unhans.images.class_index import safe_id
from unhans.io import store, tsv

sys.path.append(str(Path(__file__).parents[1] / "data"))
import hostile

pytestmark = pytest.mark.long  # many runs of photographs

RUDE, UNICODE, SHARK, NOTHING = map(safe_id, _photos.NAMES)
MODEL = "mine/own"
COMPOSITE = f"{MODEL}/epsilon_plus_flat"
ANALYSIS = f"{COMPOSITE}/none/euclidean/knn3/q4"


@pytest.fixture(scope="session")
def photos(shared):
    """A checkout with photographs and no results."""

    def make(folder):
        made = Checkout(folder)
        _photos.write(made)
        return made

    return shared("photos", make)


@pytest.fixture(scope="session")
def seen(shared, photos):
    """The same with a finished run; tests leave it as they found it."""

    def make(folder):
        made = photos.copy(folder)
        made.run()
        return made

    return shared("seen", make)


@pytest.fixture
def checkout(seen, tmp_path):
    """A copy of the finished run to spoil at will."""
    return seen.copy(tmp_path / "checkout")


def listing(folder):
    """All that lies in a folder but what a run may write: results, records and bytecode."""
    found = set()
    for at, folders, files in os.walk(folder):
        folders[:] = set(folders) - {"results", ".snakemake", "__pycache__"}
        found |= {os.path.join(at, name) for name in (*folders, *files)}
    return found


def rows_of(checkout, class_id):
    table = tsv.read_tsv(checkout.results / "ranking.tsv")
    return table[table["class"] == class_id], table[table["class"] != class_id]


def log(checkout, stage, class_id):
    return (checkout.results / "logs" / stage / f"{class_id}.log").read_text()


def heatmaps(checkout, class_id):
    return checkout.results / COMPOSITE / "attribution" / f"{class_id}.zarr.zip"


# What a run leaves


def test_classes_of_any_name_are_ranked_and_nothing_is_written_outside_the_results(seen, photos):
    _, others = rows_of(seen, NOTHING)
    assert set(others["name"]) == set(_photos.NAMES[:-1])
    assert (others["status"] == "ok").all()
    assert set(others["n"]) == {2 * _photos.IMAGES}
    before, after = listing(photos.folder.parent), listing(seen.folder.parent)
    assert {os.path.relpath(path, seen.folder) for path in after} == {
        os.path.relpath(path, photos.folder) for path in before
    }


def test_a_run_of_photographs_draws_no_digits(seen):
    assert not [*seen.results.glob("toy*"), *seen.results.glob("barycentre*")]


def test_a_class_without_a_readable_image_is_a_row_with_the_reason(seen):
    nothing, _ = rows_of(seen, NOTHING)
    assert nothing["rank"].isna().all()
    reason = "none of 2 files is an image; the first, 'train/nothing/notes.txt': no image: suffix"
    assert nothing["status"].str.contains(reason, regex=False).all()
    manifest = tsv.read_tsv(seen.results / "mine/manifest.tsv")
    own = manifest[manifest["class"] == NOTHING].set_index("path")["status"]
    assert own["train/nothing/notes.txt"] == "no image: suffix '.txt'"
    assert own["train/nothing/torn.jpg"].startswith(("truncated", "no image that can be read"))


def test_the_manifest_has_a_row_an_image_and_a_summary_of_those_set_aside(seen):
    manifest = tsv.read_tsv(seen.results / "mine/manifest.tsv")
    assert len(manifest) == 3 * 2 * _photos.IMAGES + 2
    assert set(manifest["split"]) == {"train", "val"}
    assert set(manifest["name"]) == set(_photos.NAMES)
    summary = tsv.read_tsv(seen.results / "mine/set_aside.tsv")
    assert summary["images"][summary["name"] == "all"].sum() == len(manifest)


def test_the_accuracy_is_reported_by_class_and_split(seen):
    table = tsv.read_tsv(seen.results / MODEL / "accuracy.tsv").set_index(["class", "split"])
    assert table.loc[("", "train"), "explained"] == 3 * _photos.IMAGES
    assert table.loc[(NOTHING, "train"), "set_aside"] == 2
    attribution = store.read(heatmaps(seen, SHARK), ["rank", "split"])
    right = attribution["rank"][attribution["split"] == 1] == 1
    assert table.loc[(SHARK, "val"), "top1"] == pytest.approx(right.mean())


def test_the_top_classes_are_drawn_with_their_splits(seen):
    names = {path.name for path in (seen.results / ANALYSIS / "figures").glob("*.png")}
    for rank in ("rank01", "rank02"):
        shown = {name.split("_")[1] for name in names if name.startswith(rank)}
        assert shown == {"class", "eigenvalues", "splits"}


# What is recomputed


def test_a_data_set_that_moves_is_not_explained_again(checkout):
    before = digests(checkout.results)
    (checkout.folder / "photos").rename(checkout.folder.parent / "moved")
    checkout.configure(corpus={"mine": {**_photos.CONFIG["corpus"]["mine"], "root": "../moved"}})
    assert checkout.planned() == {}
    corpus = ["corpus_mine_000", "corpus_mine_001"]
    checkout.run("ranking", "--forcerun", *corpus)
    assert "corpus: 'great white shark': 32 images" in log(checkout, "mine/corpus", SHARK)
    for stage in ("attribution", "none/euclidean/distance"):
        assert "is up to date" in log(checkout, f"{COMPOSITE}/{stage}", SHARK)
    assert digests(checkout.results) == before


def test_a_limit_that_leaves_nothing_out_explains_no_class_again(checkout):
    before = digests(checkout.results)
    mine = _photos.CONFIG["corpus"]["mine"]
    for limit in (100, 32):
        checkout.configure(corpus={"mine": {**mine, "per_class": limit}})
        checkout.run("ranking")
        for stage in ("attribution", "none/euclidean/distance"):
            assert "is up to date" in log(checkout, f"{COMPOSITE}/{stage}", SHARK)
        assert digests(checkout.results) == before
    checkout.configure(corpus={"mine": {**mine, "per_class": 12}})
    checkout.run("ranking")
    rows, _ = rows_of(checkout, SHARK)
    assert set(rows["n"]) == {12}
    shutil.rmtree(checkout.folder / ".snakemake")  # Snakemake's records, by which it would notice
    checkout.configure()
    (checkout.results / "ranking.tsv").unlink()
    done = checkout.snakemake("ranking")
    assert "stale: its stage 'corpus' was made with parameters" in done.stdout + done.stderr


def test_an_edit_of_a_label_or_of_a_module_that_the_network_imports_is_noticed(checkout):
    network = "import own_helper\n" + _photos.NETWORK.replace("CLASSES", "3")
    (checkout.folder / "own_network.py").write_text(network)
    (checkout.folder / "own_helper.py").write_text("SIZE = 1")
    labels = checkout.folder / "photos" / "labels.csv"
    images = [
        f"train/{name}/{number:02d}.png,{label}".replace("\n", "|")
        for label, name in (("a", _photos.NAMES[0]), ("c", _photos.NAMES[2]))
        for number in range(12)
    ]
    rows = [row.replace(",a", ",b") if "/0" in row else row for row in images]
    labels.write_text("\n".join(["image,class", *rows]))
    table = {"source": "table", "root": "photos", "table": "labels.csv", "splits": []}
    checkout.configure(corpus={"mine": table}, execution={"classes_per_job": 1})
    until = ("--until", "attribution")
    checkout.run(*until)
    assert checkout.planned(*until) == {}
    kept = labels.read_text()
    labels.write_text(kept.replace("00.png,b", "00.png,c", 1))
    assert checkout.planned(*until) == {"corpus": 2, "attribution": 2}
    labels.write_text(kept.replace(",", ";"))
    assert checkout.planned(*until) == {}
    (checkout.folder / "own_helper.py").write_text("SIZE = 2")
    assert checkout.planned(*until) == {"model": 1, "attribution": 3}


def test_an_edit_of_a_file_that_the_network_reads_makes_it_and_what_hangs_on_it_anew(tmp_path):
    made = Checkout(tmp_path / "reading")
    _photos.write(made, classes=3, execution={"classes_per_job": 1})
    shutil.rmtree(made.folder / "photos/train" / _photos.NAMES[-1])
    reading = "SIZE = len(open('own.dat').read()) + len(Path('conf/own.bin').read_bytes())\n"
    network = _photos.NETWORK.replace("CLASSES", "3").replace(
        "\nbatches = 0", f"\n{reading}batches = 0"
    )
    (made.folder / "own_network.py").write_text(network)
    (made.folder / "conf").mkdir()
    for name in ("own.dat", "conf/own.bin", "beside.dat"):
        (made.folder / name).write_text("1")
    until = ("--until", "attribution")
    made.run(*until)
    assert made.planned(*until) == {}
    record = store.read_attributes(made.results / "mine/own/model.zarr.zip")
    assert [one["name"] for one in record["read"]] == ["conf/own.bin", "own.dat"]
    (made.folder / "beside.dat").write_text("2")
    os.utime(made.folder / "own.dat")
    assert made.planned(*until) == {}
    kept = made.results / "mine/own/.read_files.json"
    before = kept.read_bytes()
    (made.folder / "own.dat").write_text("2")
    assert made.planned(*until) == {"model": 1, "attribution": 3}
    assert kept.read_bytes() == before  # a plan writes nothing
    made.run(*until)
    assert made.planned(*until) == {}
    (made.folder / "own.dat").write_text("1")
    assert made.planned(*until) == {"model": 1, "attribution": 3}


def test_a_deleted_heatmap_is_computed_anew_alone(checkout):
    before = digests(checkout.results)
    heatmaps(checkout, UNICODE).unlink()
    checkout.run(str(heatmaps(checkout, UNICODE).relative_to(checkout.folder)), "ranking")
    assert "attribution: 32 images by" in log(checkout, f"{COMPOSITE}/attribution", UNICODE)
    assert "is up to date" in log(checkout, f"{COMPOSITE}/attribution", RUDE)
    assert "is up to date" in log(checkout, f"{ANALYSIS}/clustering", UNICODE)
    assert digests(checkout.results) == before


def test_an_image_that_changed_fails_its_class_until_the_corpus_is_read_again(checkout):
    image = checkout.folder / "photos/val" / _photos.NAMES[2] / "03.png"
    Image.open(image).rotate(90).save(image)
    heatmaps(checkout, SHARK).unlink()
    targets = [str(heatmaps(checkout, SHARK).relative_to(checkout.folder)), "ranking"]
    assert checkout.snakemake(*targets).returncode != 0
    spoiled, others = rows_of(checkout, SHARK)
    said = f"failed: {image}: has changed since the manifest was made; delete "
    assert spoiled["status"].iloc[0].startswith(said)
    assert not others["status"].str.startswith("failed").any()
    read = Path(spoiled["status"].iloc[0].removeprefix(said).removesuffix(" and run again"))
    (checkout.folder / read).unlink()
    checkout.run(*targets)
    spoiled, _ = rows_of(checkout, SHARK)
    assert (spoiled["status"] == "ok").all()


def test_a_killed_attribution_goes_on_where_it_was(checkout):
    before = [heatmaps(checkout, class_id).read_bytes() for class_id in (RUDE, UNICODE)]
    for class_id in (RUDE, UNICODE):
        heatmaps(checkout, class_id).unlink()
    killer = checkout.folder / "die-at-batch"
    killer.write_text("8")  # the fourth batch, of eight images, of the second class
    target = str(heatmaps(checkout, UNICODE).relative_to(checkout.folder))
    assert checkout.snakemake(target).returncode != 0
    parts = heatmaps(checkout, UNICODE).with_name(f".{UNICODE}.zarr.zip.parts")
    assert list(parts.glob("*.npz"))
    assert not heatmaps(checkout, UNICODE).exists()
    killer.unlink()
    checkout.run(target)
    assert "is up to date" in log(checkout, f"{COMPOSITE}/attribution", RUDE)
    assert " of them before" in log(checkout, f"{COMPOSITE}/attribution", UNICODE)
    assert [heatmaps(checkout, class_id).read_bytes() for class_id in (RUDE, UNICODE)] == before
    assert not parts.exists()


# Broken and hostile files


def test_every_file_of_a_hostile_folder_ends_as_a_row_with_its_reason(tmp_path):
    expected = hostile.build(tmp_path / "hostile")
    labels = {path.split("/")[1] for path in expected}
    checkout = Checkout(tmp_path / "checkout")
    root = str(tmp_path / "hostile")
    corpus = {"source": "folder", "root": root}
    execution = {"classes_per_job": len(labels)}
    _photos.write(checkout, False, len(labels), corpus={"mine": corpus}, execution=execution)
    before = listing(tmp_path)
    checkout.run("ranking", "results/mine/manifest.tsv", f"results/{MODEL}/accuracy.tsv")
    assert listing(tmp_path) == before

    manifest = tsv.read_tsv(checkout.results / "mine/manifest.tsv")
    found = dict(zip(manifest["path"], manifest["status"], strict=True))
    assert set(found) == set(expected)
    wrong = {path for path, status in found.items() if not status.startswith(expected[path])}
    assert not wrong
    ranking = tsv.read_tsv(checkout.results / "ranking.tsv").set_index("name")["status"]
    assert set(ranking.index) == labels
    assert ranking["formats"] == ranking["names"] == "ok"
    broken = len(list(hostile.broken()))
    assert f"none of {broken} files is an image; the first, 'train/broken" in ranking["broken"]
    assert "3 nearest neighbours need at least 4 images; there are 2" in ranking["007"]


def test_a_table_of_labels_lists_the_same_images_and_refuses_what_leads_out_of_the_root(
    seen, photos, tmp_path
):
    checkout = photos.copy(tmp_path / "checkout")
    folders = tsv.read_tsv(seen.results / "mine/manifest.tsv")
    rows = [("image", "class", "split"), ("gone.png", "nothing", "train")]
    rows += [("../own_network.png", "nothing", "train"), ("x.png", "nothing", "test")]
    rows += zip(*(folders[name] for name in ("path", "name", "split")), strict=True)
    with (checkout.folder / "photos/labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    table = {"source": "table", "root": "photos", "table": "labels.csv", "splits": ["train", "val"]}
    checkout.configure(corpus={"mine": table})
    checkout.run("results/mine/manifest.tsv")
    found = tsv.read_tsv(checkout.results / "mine/manifest.tsv").set_index("path")
    same = folders[folders["status"] == "ok"].set_index("path")["sha256"]
    assert found["sha256"][found["status"] == "ok"].to_dict() == same.to_dict()
    assert found["status"]["gone.png"] == "no such file"
    assert found["status"]["../own_network.png"].startswith("leads out of ")
    assert "x.png" not in found.index


# Faults


def test_weights_with_another_hash_are_refused_in_one_line(photos, tmp_path):
    checkout = photos.copy(tmp_path / "checkout")
    (checkout.folder / "own.safetensors").write_bytes(b"others")
    own = {"architecture": "own_network:tiny", "weights": "own.safetensors", "sha256": "0" * 64}
    checkout.configure(model={"own": own})
    done = checkout.snakemake(f"results/{MODEL}/model.zarr.zip")
    assert done.returncode != 0
    (line,) = (checkout.results / "logs" / MODEL / "model.log").read_text().splitlines()
    assert line.startswith("unhans: error: own.safetensors: has sha256 ")
    assert "expected 0000" in line
    assert line in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ({"root": "nowhere"}, "corpus.mine.root: nowhere: no such folder"),
        ({"root": "$UNSET_VARIABLE/x"}, "the environment variable UNSET_VARIABLE is not set"),
        ({"splits": "tran"}, "tran: No such file or directory; expected a folder for each class"),
        (
            {"classes": ["great white shrk"]},
            "'great white shrk'; did you mean 'great white shark'?",
        ),
    ],
    ids=["root", "variable", "split", "class"],
)
def test_images_that_are_not_there_are_one_message_at_the_start(photos, tmp_path, corpus, message):
    checkout = Checkout(tmp_path / "checkout")
    _photos.write(checkout, photographs=False)
    section = {**_photos.CONFIG["corpus"]["mine"], "root": str(photos.folder / "photos"), **corpus}
    checkout.configure(corpus={"mine": section})
    done = checkout.snakemake("--dry-run")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert said.count(message) == 1
    assert "Traceback" not in said
