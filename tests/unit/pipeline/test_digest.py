"""digest: a digest moves with code that can change a number, and with nothing else."""

import shutil
from pathlib import Path

import pytest

from unhans.pipeline.digest import modules_of, source_digest
from unhans.pipeline.stages import STAGES

WORKFLOW = Path(__file__).parents[3] / "workflow"

SCRIPT = "from unhans import distance\nfrom unhans.io import store\nprint(distance)"

FILES = {
    "scripts/distance.py": f'"""doc"""\n{SCRIPT}\n',
    "unhans/io/store.py": "A = 1\n",
    "unhans/distance/__init__.py": "from unhans.helper import f\nx = f()\n",
    "unhans/distance/euclidean.py": "from unhans.other import g\ny = g()\n",
    "unhans/distance/hellinger.py": "from unhans.distance import euclidean\n",
    "unhans/helper.py": '"""doc"""\ndef f():\n    """doc"""\n    return 1  # comment\n',
    "unhans/other.py": "def g():\n    from unhans.deep import h\n    return h\n",
    "unhans/deep.py": "h = 1\n",
    "unhans/unrelated.py": "z = 1\n",
    "unhans/page.py": 'TEMPLATE = "page.html.j2"\n',
    "unhans/templates/page.html.j2": "<p>",
    "unhans/tables.py": 'PAPER = "paper.tsv"\nRESULT = "ranking.tsv"\n',
    "unhans/data/paper.tsv": "class\tvalue\n",
    "unhans/data/imagenet.tsv": "class\tname\n",
}


@pytest.fixture
def digest(tmp_path):
    """Digest of the tree above after one file was replaced."""
    count = iter(range(100))

    def of(*modules, **replaced):
        root = tmp_path / str(next(count))
        for name, text in FILES.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(replaced.get(path.stem if path.stem != "__init__" else "init", text))
        return source_digest("distance", *modules, root=root)

    return of


def test_the_same_code_has_the_same_digest(digest):
    assert digest("distance.euclidean") == digest("distance.euclidean")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("helper", "def f():\n    return 2\n"),
        ("deep", "h = 2\n"),
        ("other", "def g():\n    return 0\n"),
        ("euclidean", "y = 1\n"),
        ("distance", "from unhans import distance\n"),
    ],
)
def test_code_that_the_stage_reaches_moves_the_digest(digest, name, text):
    assert digest("distance.euclidean") != digest("distance.euclidean", **{name: text})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "helper",
            '"""other"""\n\n\n# new\ndef f():\n    """other\n\n    lines"""\n    return (1)\n',
        ),
        (
            "distance",
            "from unhans import distance\nfrom unhans.io import store\nprint(distance)  # same\n",
        ),
        ("unrelated", "z = 2\n"),
        ("hellinger", "w = 2\n"),
        ("store", "A = 2\n"),
    ],
)
def test_comments_other_stages_and_infrastructure_do_not(digest, name, text):
    assert digest("distance.euclidean") == digest("distance.euclidean", **{name: text})


def test_a_template_counts_as_code_of_the_module_that_names_it(digest):
    changed = {"page.html": "<b>"}
    assert digest("page") != digest("page", **changed)
    assert digest("distance.euclidean") == digest("distance.euclidean", **changed)


def test_a_data_file_counts_as_code_of_the_module_that_names_it(digest):
    changed = {"paper": "class\tvalue\na\t1\n"}
    assert digest("tables") != digest("tables", **changed)
    assert digest("distance.euclidean") == digest("distance.euclidean", **changed)
    assert digest("tables") == digest("tables", imagenet="class\tname\na\tb\n")


def test_the_values_of_the_paper_count_for_its_tables(tmp_path):
    copy = tmp_path / "workflow"
    shutil.copytree(WORKFLOW, copy)
    before = source_digest("tables", root=copy)
    path = copy / "unhans" / "data" / "paper.tsv"
    path.write_text(path.read_text().replace("4.77", "4.78"))
    other = tmp_path / "other"  # digests of a tree are computed once
    shutil.copytree(copy, other)
    assert before == source_digest("tables", root=WORKFLOW)
    assert source_digest("tables", root=other) != before


def test_neither_decoding_nor_planting_nor_a_picture_counts_for_the_ranking():
    found = modules_of("ranking", root=WORKFLOW)
    assert "reporting.ranking" in found
    rooms = {module.split(".")[0] for module in found}
    assert not {"images", "artefacts", "networks", "correction"} & rooms
    assert not {module for module in found if module.startswith("reporting.figures")}
    assert "reporting.html_table" not in found


STAGES_WITH_PICTURES = [
    *("ranking", "comparison", "toy", "barycentre"),
    *("accepted_response", "unhansing"),
]


@pytest.mark.parametrize("stage", STAGES_WITH_PICTURES)
def test_no_picture_counts_for_what_is_computed(stage):
    found = modules_of(stage, root=WORKFLOW)
    assert not {module for module in found if "figure" in module}
    assert f"{stage}_figure" in STAGES


def test_one_metric_does_not_hang_on_another(digest):
    changed = {"hellinger": "w = 2\n"}
    assert digest("distance.hellinger") != digest("distance.hellinger", **changed)
    assert digest("distance.euclidean") == digest("distance.euclidean", **changed)
