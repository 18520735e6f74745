"""Strategies of values that a person, a program or damage may put where another was meant."""

import copy
import datetime

from hypothesis import strategies as st

TEXTS = [
    *(
        "",
        " ",
        "..",
        "/",
        "~",
        "$HOME",
        "null",
        "nan",
        "-1",
        "1e3",
        "é",
        "\u202e",
        "😀",
        "\x00",
        "a\nb",
    ),
    *(
        "{class_id}",
        "{{ 7 * 7 }}",
        "<script>alert(1)</script>",
        "$(touch pwned)",
        "'\"",
        "findings",
    ),
    *(
        "manifest.tsv",
        "digits",
        "euclidean",
        "all",
        "auto",
        "x" * 300,
        "[" * 300,
        "\ud800",
        "\udcff",
    ),
]

NUMBERS = [
    *(
        0,
        -1,
        1,
        2,
        10**6,
        2**31,
        2**63,
        10**30,
        -(10**30),
        0.0,
        -0.0,
        0.5,
        1.0,
        1e-320,
        1e20,
        1e308,
    ),
    *(float("inf"), float("-inf"), float("nan")),
]

STRANGE = [
    *(None, True, False, [], {}, [[]], [None], {"": None}, {1: 2}, {None: 1}, {"a": {"a": {}}}),
    *(datetime.date(2020, 1, 1), b"bytes", {1, 2}, (1, 2), ["x", "x"], {"sum_pool": 0}),
]


def texts():
    """Texts of all characters, and those that break things."""
    return st.one_of(st.sampled_from(TEXTS), st.text(max_size=12))


def names():
    """Texts that the name of a file or a cell of a table can be read as, bytes that are no UTF-8 too."""
    return texts().filter(
        lambda text: (
            not any("\ud800" <= one < "\udc80" or "\udcff" < one <= "\udfff" for one in text)
        )
    )


def values():
    """Values as YAML can read them."""
    scalars = st.one_of(
        *(texts(), st.sampled_from(NUMBERS), st.integers(), st.floats(), st.sampled_from(STRANGE))
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
        max_leaves=4,
    )


def places(tree, path=()):
    """Every key and index within a tree, from its top."""
    inner = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree if isinstance(tree, list) else ())
    )
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def put(tree, path, value):
    """A copy of a tree with another value at a place, or without one (`...`)."""
    made = copy.deepcopy(tree)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made
