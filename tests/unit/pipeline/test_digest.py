"""provenance: a digest moves with code that can change a number, and with nothing else."""

import pytest

from unhans.pipeline.digest import source_digest

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


def test_one_metric_does_not_hang_on_another(digest):
    changed = {"hellinger": "w = 2\n"}
    assert digest("distance.hellinger") != digest("distance.hellinger", **changed)
    assert digest("distance.euclidean") == digest("distance.euclidean", **changed)
