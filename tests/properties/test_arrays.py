"""Arrays: a result keeps them as they are, and each step of the method gives one or a clear line."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import unhans as uh
from unhans.errors import InputError, StoreError
from unhans.io import store

RECIPE = store.Recipe("distance", {"metric": "euclidean"}, "abc-1")

KINDS = st.one_of(
    arrays.floating_dtypes(sizes=(32, 64)),
    arrays.integer_dtypes(),
    arrays.unsigned_integer_dtypes(),
    arrays.boolean_dtypes(),
    arrays.complex_number_dtypes(sizes=(64,)),
    arrays.datetime64_dtypes(),
)


def any_arrays(shapes, **options):
    return KINDS.flatmap(lambda kind: arrays.arrays(kind, shapes, **options))


@given(any_arrays(arrays.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)))
def test_a_result_keeps_an_array_or_refuses_it(tmp_path, array):
    path = tmp_path / "3.zarr.zip"
    try:
        store.write(path, {"tau": array}, RECIPE)
    except StoreError as error:
        return one_line(error, str(path))
    found = store.read(path)["tau"]
    assert found.shape == array.shape
    assert found.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, array)


VALUES = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e300, np.nan, np.inf, -np.inf, 0.1]),
    st.floats(width=32),
)


@st.composite
def maps(draw):
    """Heatmaps, mostly finite and mostly of fitting shape."""
    shape = draw(
        st.tuples(st.integers(0, 14), st.integers(1, 4), st.integers(1, 4))
        | arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    )
    if draw(st.booleans()):
        return draw(any_arrays(st.just(shape)))
    scale = draw(st.sampled_from([1.0, 1e-30, 1e30, 1e-200, 1e200, 0.0]))
    made = np.random.default_rng(draw(st.integers(0, 9))).normal(size=shape) * scale
    if made.size and draw(st.booleans()):
        made.reshape(-1)[draw(st.integers(0, made.size - 1))] = draw(VALUES)
    if made.ndim and len(made) > 1 and draw(st.booleans()):
        made[1:] = made[0]
    return made


STEPS = st.sampled_from(
    [(), ("unit_norm",), (("sum_pool", 2),), ("as_distribution",), (("sum_pool", 2), "unit_norm")]
)


def one_line(error, start=""):
    assert str(error).startswith(start)
    assert "\n" not in str(error)
    assert str(error)


@given(
    *(maps(), STEPS, st.sampled_from(["euclidean", "cosine", "correlation", "hellinger"])),
    *(st.integers(0, 5), st.integers(0, 5), st.lists(st.integers(0, 6), max_size=3)),
)
@settings(max_examples=settings.default.max_examples // 4)
def test_heatmaps_give_tau_or_a_line(heatmaps, steps, metric, knn, q, ks):
    try:
        run = uh.analyse(heatmaps, steps=steps, metric=metric, knn=knn, q=q, ks=ks, n_init=1)
    except InputError as error:
        return one_line(error)
    n = len(heatmaps)
    assert run.tau >= 0
    assert run.labels.shape == (len(run.ks), n)
    assert np.isfinite(run.eigenvalues).all()
    assert np.isfinite(run.embedding).all()
    assert (run.labels >= 0).all()
    for k, labels in zip(run.ks, run.labels, strict=True):
        assert labels.max() < k


@given(
    any_arrays(arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)),
    st.integers(-1, 6),
)
def test_each_step_of_the_method_gives_a_result_or_a_line(array, k):
    steps = (
        lambda: uh.sum_pool(array, k),
        lambda: uh.as_distribution(array),
        lambda: uh.unit_norm(array),
        lambda: uh.knn_affinity(array, k),
        lambda: uh.symmetric_normalized(array),
        lambda: uh.spectral(array, k),
        lambda: uh.kmeans(array, [k], n_init=1),
        lambda: uh.tau(array, array),
        lambda: uh.fisher(array, array),
    )
    for step in steps:
        try:
            step()
        except InputError as error:
            one_line(error)
