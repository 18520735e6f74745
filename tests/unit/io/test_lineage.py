"""lineage: other settings and code are stale, and limits that were not reached are the same."""

import pytest

from unhans.errors import StoreError
from unhans.io.lineage import check_lineage, differing, unlimited


def of(code="x", **parameters):
    return {"corpus": {"parameters": parameters, "code": code}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (of(per_class=50, splits=["a"]), of(per_class=50, splits=["a"])),
        (of(per_class=unlimited(37)), of(per_class=None)),
        (of(per_class=unlimited(37)), of(per_class=37)),
        (of(per_class=unlimited(37)), of(per_class=500)),
        (of(per_class=unlimited(0)), of(per_class=2)),
        (of(per_class=unlimited(37)), of(per_class=unlimited(37))),
        ({}, {}),
    ],
)
def test_a_limit_that_was_not_reached_is_the_same_as_another(found, expected):
    assert differing(found, expected) is None
    check_lineage("a.zarr.zip", found, expected)


@pytest.mark.parametrize(
    ("found", "expected", "key"),
    [
        (of(per_class=unlimited(37)), of(per_class=36), "parameters"),
        (of(per_class=50), of(per_class=None), "parameters"),
        (of(per_class=50), of(per_class=60), "parameters"),
        (of(per_class=None), of(per_class=50), "parameters"),
        (of(per_class=unlimited(37), seed=1), of(per_class=None, seed=2), "parameters"),
        (of(per_class=unlimited(37)), of(seed=2), "parameters"),
        (of(per_class=unlimited(37)), of("y", per_class=None), "code"),
        (of(per_class={"all": 3, "more": 4}), of(per_class=None), "parameters"),
        (of(), {}, "code"),
        ({}, of(), "code"),
    ],
)
def test_what_differs_is_named(found, expected, key):
    assert differing(found, expected) == "corpus"
    with pytest.raises(
        StoreError, match=f"a.zarr.zip: stale: its stage 'corpus' was made with {key}"
    ):
        check_lineage("a.zarr.zip", found, expected)
