"""metrics: those of unhans by name, and those of a user's own, whose matrices are checked."""

import inspect
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from unhans.choices import METRICS
from unhans.errors import InputError, MetricError
from unhans.spray import metrics, pairwise
from unhans.spray.neighbours import neighbours

ROOT = Path(__file__).parents[3]
MAPS = np.random.default_rng(0).normal(size=(6, 4, 5)).astype(np.float32)
OF_ALL_COMPARISONS = {"n_candidates", "mass_fraction", "sign"}


def manhattan(maps):
    flat = maps.reshape(len(maps), -1)
    return np.abs(flat[:, None] - flat).sum(axis=2)


@pytest.fixture(autouse=True)
def _unregistered(monkeypatch):
    monkeypatch.setattr(metrics, "_REGISTERED", {})


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Module of the how-to."""
    page = (ROOT / "docs/how-to/metric.md").read_text(encoding="utf-8")
    source = re.search(r"```python\n(# angles\.py\n.*?)```", page, re.S)[1]
    (tmp_path / "angles.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "angles.py"
    sys.modules.pop("angles", None)


def test_every_module_of_distances_is_a_row_of_the_table():
    folder = ROOT / "workflow/unhans/spray/distance"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_takes_the_options_of_its_row(name):
    found = metrics.find(name)
    assert (found.pairwise is None) != (found.compare is None)
    options = set(METRICS[name].options)
    if found.compare is None:
        options -= {"sign"}
        taken = set(inspect.signature(found.pairwise).parameters)
    else:
        assert {"mass_fraction", "sign"} <= options
        options -= OF_ALL_COMPARISONS
        taken = set(inspect.signature(found.compare).parameters)
    assert options <= taken


def test_references_and_rivals_are_metrics_of_pairs():
    for choice in METRICS.values():
        for name in filter(None, (choice.reference, choice.rival)):
            assert metrics.find(name).compare is not None


def test_a_registered_metric_is_used_by_its_name():
    metrics.register_metric("manhattan", manhattan)
    found = pairwise.pairwise(MAPS, "manhattan")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, manhattan(MAPS), rtol=1e-6)
    indices, distances = neighbours(MAPS, "manhattan", 2)
    np.testing.assert_allclose(distances, np.sort(manhattan(MAPS), axis=1)[:, 1:3], rtol=1e-6)
    assert not np.any(indices == np.arange(6)[:, None])


def test_the_last_registration_counts():
    metrics.register_metric("mine", manhattan)
    metrics.register_metric("mine", lambda maps: 2 * manhattan(maps))
    np.testing.assert_allclose(
        pairwise.pairwise(MAPS, "mine"), 2 * manhattan(MAPS), rtol=1e-6, atol=0
    )


@pytest.mark.parametrize("name", ["euclidean", "a.b", "a:b", "", "a b", "a/b", "a\n", None, 3])
def test_names_that_are_taken_or_name_modules_are_refused(name):
    with pytest.raises(InputError, match="expected"):
        metrics.register_metric(name, manhattan)


def test_what_is_no_function_is_refused():
    with pytest.raises(InputError, match="metric 'mine' is of type int; expected a function"):
        metrics.register_metric("mine", 3)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", ["angles:angle", "angles.angle"])
def test_the_metric_of_the_how_to_is_found_by_module_and_function(name):
    found = pairwise.pairwise(MAPS, name)
    flat = MAPS.reshape(6, -1).astype(np.float64)
    lengths = np.linalg.norm(flat, axis=1)
    expected = 1 - flat @ flat.T / np.outer(lengths, lengths)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module_of_mine:f", "ModuleNotFoundError.*expected package.module:function"),
        ("angles:gone", "AttributeError.*expected package.module:function"),
    ],
)
def test_a_function_that_cannot_be_imported_is_named(name, message):
    with pytest.raises(MetricError, match=f"metric '{name}': {message}"):
        pairwise.pairwise(MAPS, name)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (
            "1 / 0",
            "metric 'angles:f': ZeroDivisionError: division by zero; expected package.module",
        ),
        ("f = 3", "metric 'angles:f' is of type int; expected a function"),
    ],
)
def test_a_module_that_fails_or_holds_no_function_is_named(own, source, fault):
    own.write_text(source)
    with pytest.raises(MetricError, match=fault):
        pairwise.pairwise(MAPS, "angles:f")


def test_a_metric_that_raises_is_named_with_its_error_in_one_line():
    def fails(_):
        raise KeyError("a\nb")

    metrics.register_metric("mine", fails)
    with pytest.raises(MetricError, match=r"^metric 'mine': KeyError: .*$"):
        pairwise.pairwise(MAPS, "mine")


@pytest.mark.parametrize("dtype", [complex, object, str])
def test_heatmaps_that_are_no_real_numbers_are_refused(dtype):
    with pytest.raises(InputError, match=r"heatmaps are of type .*; expected real numbers"):
        pairwise.pairwise(MAPS.astype(dtype), "euclidean")


def test_an_unknown_metric_is_refused():
    with pytest.raises(InputError, match="unknown metric 'euclid'; expected one of euclidean, "):
        pairwise.pairwise(MAPS, "euclid")


def changed(**places):
    matrix = manhattan(MAPS).astype(float)
    for place, value in places.items():
        i, j = (int(digit) for digit in place.removeprefix("at"))
        matrix[i, j] = value
    return matrix


@pytest.mark.parametrize(
    ("returned", "fault"),
    [
        (np.zeros((6, 5)), r"returns shape \(6, 5\); expected \(6, 6\)"),
        (np.zeros(6), r"returns shape \(6,\); expected"),
        (changed(at12=np.nan), "returns nan between maps 1 and 2; expected finite values"),
        (changed(at30=np.inf), "returns inf between maps 3 and 0; expected finite"),
        (changed(at44=1.0), "returns 1 between map 4 and itself; expected 0"),
        (changed(at12=-1.0, at21=-1.0), "returns -1 between maps 1 and 2; expected no negative"),
        (changed(at12=3.0), "between maps .* expected a symmetric matrix"),
        ("no matrix", "returns values of type <U9; expected real numbers"),
        (np.zeros((6, 6), dtype=complex), "returns values of type complex128; expected real"),
        (np.zeros((6, 6), dtype="m8[s]"), "returns values of type timedelta64"),
        (np.full((6, 6), "x", dtype=object), "ValueError"),
        (None, "returns shape .*|TypeError"),
    ],
)
def test_a_wrong_matrix_is_refused_with_one_line_that_names_metric_and_fault(returned, fault):
    metrics.register_metric("mine", lambda _: returned)
    with pytest.raises(MetricError, match=fault) as caught:
        pairwise.pairwise(MAPS, "mine")
    assert str(caught.value).startswith("metric 'mine'")
    assert "\n" not in str(caught.value)


def test_rounding_is_no_fault():
    noise = 1e-6 * np.random.default_rng(1).normal(size=(6, 6))
    metrics.register_metric("mine", lambda maps: manhattan(maps) + noise)
    found = pairwise.pairwise(MAPS, "mine")
    np.testing.assert_array_equal(found, found.T)
    assert not np.any(np.diagonal(found))
