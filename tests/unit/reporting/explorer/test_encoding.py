"""encoding: scripts hold any text and every bit, and nothing that ends them."""

import json

import numpy as np
import pages
import pandas as pd
import pytest

from unhans.errors import InputError
from unhans.reporting.explorer import encoding


def called(script, function="f"):
    """Values that a script calls its function with."""
    text = script.decode("ascii")
    assert text.startswith(f"{function}(")
    assert text.endswith(");\n")
    return json.loads(f"[{text[len(function) + 1 : -3]}]")


def test_hostile_names_are_text_in_a_script_that_is_plain_ascii():
    script = encoding.script("f", {"names": pages.NAMES})
    assert not set(script) & set(b"<>&")
    assert b"\xe2\x80\xa8" not in script
    assert called(script) == [{"names": pages.NAMES}]


def test_numbers_keep_all_their_digits_and_what_is_no_number_is_nothing():
    values = [1 / 3, 1e300, -5e-324, float("nan"), float("inf"), np.float64(0.1), np.int64(2**53)]
    assert called(encoding.script("f", values)) == [[1 / 3, 1e300, -5e-324, None, None, 0.1, 2**53]]


@pytest.mark.parametrize("kind", encoding.KINDS)
def test_arrays_come_back_to_the_last_bit(kind, random):
    array = random.integers(0, 100, size=(7, 5)).astype(encoding.KINDS[kind])
    if kind[0] == "f":
        array = (array / 7).astype(encoding.KINDS[kind])
    found = encoding.unpacked(json.loads(json.dumps(encoding.packed(array, kind))))
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_integers_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="values from 0 to 300; expected those of 'u1'"):
        encoding.packed(np.array([0, 300]), "u1")


@pytest.mark.parametrize("n", [1, 7, 8, 9, 60])
def test_flags_are_bits(n, random):
    members = random.random(n) < 0.5
    found = np.unpackbits(encoding.unpacked(encoding.flags(members)))
    np.testing.assert_array_equal(found[:n], members)


def test_categories_come_by_frequency_and_then_by_text():
    found = encoding.categories(["b", "a", "c", "c", "a", "NA"])
    assert found["values"] == ["a", "c", "NA", "b"]
    assert encoding.unpacked(found["codes"]).tolist() == [3, 0, 1, 1, 0, 2]
    many = [str(at) for at in range(300)]
    assert encoding.unpacked(encoding.categories(many)["codes"]).dtype == np.uint16


def test_a_table_by_its_columns_has_nothing_where_a_value_is_missing():
    table = pd.DataFrame({"a": [1.5, np.nan], "n": pd.array([1, None], dtype="Int64")})
    assert encoding.columns(table) == {"a": [1.5, None], "n": [1, None]}
