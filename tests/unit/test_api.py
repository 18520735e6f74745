"""The public API: one contract for all of its names."""

import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import unhans as uh
from unhans.config import attribution, models, spray

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reference/api.md"
NAMES = [name for name in uh.__all__ if name != "__version__"]
FUNCTIONS = [name for name in NAMES if inspect.isroutine(getattr(uh, name))]
CLASSES = ["Run", "Results"]
SESSION = re.compile(r"^```pycon\n(.*?)^```", re.M | re.S)
HEAVY = {"numpy", "scipy", "pandas", "torch", "zarr", "numba", "ot", "pydantic", "xarray"}

CONFIG = {
    "composite": attribution.Attribution().composites[0],
    "metric": spray.Distance().metrics[0],
    "knn": spray.Affinity().knn[0],
    "q": spray.Embedding().q[0],
    "ks": range(spray.Clustering().k_min, spray.Clustering().k_max + 1),
    "n_init": spray.Clustering().n_init,
    "seed": spray.Embedding().seed,
    "bins": models.GroupSearch().bins,
    "smallest": models.GroupSearch().smallest,
    "folder": models.Config.model_fields["results"].default,
    "estimator": models.Correction().estimators[0],
    "steps": models.Config.model_fields["preprocessing"].default["none"],
}
"""Defaults of the configuration, by the names that the API gives them."""

OTHER_NAMES = {("knn_affinity", "k"): "knn", ("neighbours", "k"): "knn"}


def sections(name):
    return [line.strip() for line in inspect.getdoc(getattr(uh, name)).splitlines()]


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, unhans; unhans.__all__; dir(unhans); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_every_name_resolves_and_is_listed():
    assert len(set(uh.__all__)) == len(uh.__all__)
    assert set(uh.__all__) <= set(dir(uh))
    for name in NAMES:
        assert getattr(uh, name).__doc__


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'unhans' has no attribute 'tau_of'"):
        uh.tau_of  # noqa: B018


def test_type_checkers_see_every_name():
    source = Path(uh.__file__).read_text(encoding="utf-8")
    for name in NAMES:
        assert f" as {name}\n" in source, name


@pytest.mark.parametrize("name", NAMES)
def test_every_name_stands_on_the_page(name):
    assert f"`uh.{name}`" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_a_name_is_documented_with_an_example(name):
    lines = sections(name)
    for section in ("Parameters", "Examples"):
        assert section in lines


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_returns_is_documented(name):
    lines = sections(name)
    returns_nothing = inspect.signature(getattr(uh, name)).return_annotation in (None, "None")
    assert returns_nothing or "Returns" in lines or "Yields" in lines


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_is_documented_and_has_a_type(name):
    signature = inspect.signature(getattr(uh, name))
    documented = {
        part.strip().strip("*")
        for line in sections(name)
        if " : " in line or line.startswith("**")
        for part in line.partition(" : ")[0].split(",")
    }
    for parameter in signature.parameters.values():
        assert parameter.name in documented
        assert parameter.annotation is not inspect.Parameter.empty
    assert signature.return_annotation is not inspect.Signature.empty


@pytest.mark.parametrize("name", FUNCTIONS)
def test_at_most_three_arguments_are_taken_by_position(name):
    by_position = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    )
    kinds = [one.kind for one in inspect.signature(getattr(uh, name)).parameters.values()]
    assert sum(kind in by_position for kind in kinds) <= 3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_defaults_are_those_of_the_configuration(name):
    for parameter in inspect.signature(getattr(uh, name)).parameters.values():
        key = OTHER_NAMES.get((name, parameter.name), parameter.name)
        if key in CONFIG and parameter.default is not inspect.Parameter.empty:
            assert parameter.default == CONFIG[key], key


def run_example(example, at_least):
    said = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags, verbose=False)
    runner.run(example, out=said.append)
    assert not runner.failures, "".join(said)
    assert runner.tries >= at_least


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_examples_are_true(name):
    documented = inspect.unwrap(getattr(uh, name))
    for example in doctest.DocTestFinder(recurse=False).find(documented, name, globs={}):
        run_example(example, at_least=2)


@pytest.mark.parametrize("page", ["how-to/notebook.md"])
def test_examples_of_a_page_are_true_one_after_the_other(page):
    text = "\n".join(SESSION.findall((DOCS / page).read_text(encoding="utf-8")))
    run_example(doctest.DocTestParser().get_doctest(text, {}, page, page, 0), at_least=30)


def test_more_arguments_by_position_are_refused():
    with pytest.raises(TypeError, match=r"kmeans\(\) takes 3 arguments by position; name the oth"):
        uh.kmeans(np.eye(3), [2], 0, 10)
    with pytest.raises(
        TypeError, match=r"analyse\(\) takes 1 argument by position; name the others"
    ):
        uh.analyse(np.ones((3, 2, 2)), "euclidean")
    assert uh.kmeans(np.eye(3), [2], 0, n_init=1).shape == (1, 3)


def test_groups_are_shown_by_their_indicators():
    maps = np.random.default_rng(0).random((40, 12, 12))
    shown = repr(uh.find_groups(maps))
    assert shown.startswith("FoundGroups(grouped=")
    assert len(shown) < 200
