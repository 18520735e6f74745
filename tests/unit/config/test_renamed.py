"""renamed: old keys of a configuration are refused with their new names."""

import pytest

from unhans.config import loading, reference
from unhans.config.renamed import RENAMED, old_keys
from unhans.errors import ConfigError

ROWS = {
    "old": "new",
    "old.inner": "new.within",
    "kept.key": "kept.name",
    "named.*.key": "named.*.name",
}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"kept": {"name": 1}, "new": {"within": 1}, "named": {"a": {"name": 1}}}, []),
        ({"kept": 3, "named": ["key"], "key": {}}, []),
        ({"kept": {"key": None}}, ["kept.key is now kept.name"]),
        ({"old": {}}, ["old is now new"]),
        ({"old": {"inner": 1}}, ["old is now new", "old.inner is now new.within"]),
        ({"new": {"inner": 1}}, ["new.inner is now new.within"]),
        ({"named": {"a": {"key": 1}, "b": {}}}, ["named.a.key is now named.a.name"]),
    ],
)
def test_old_keys_are_found_with_their_new_names(values, expected):
    assert list(old_keys(values, ROWS)) == expected


def test_a_configuration_with_old_keys_is_refused_with_a_line_for_each():
    values = {"corpus": {"digits": {}}, "model": {"small_vgg": {}}}
    with pytest.raises(ConfigError) as caught:
        loading.load({**values, "distance": {"near": 30, "exponent": 1}, "nonsense": 3})
    assert str(caught.value).splitlines() == [
        "the configuration is not valid:",
        "  distance.near is now distance.n_candidates",
        "  distance.exponent is now distance.p",
    ]


def test_a_key_that_became_two_names_both():
    assert list(old_keys({"ablation": {}})) == [
        "ablation is now planted_response (of planted artefacts) "
        "and candidate_response (of flagged groups)"
    ]


NEW = [part.partition(" (")[0] for names in RENAMED.values() for part in names.split(" and ")]


@pytest.mark.parametrize("new", NEW)
def test_every_new_key_is_a_key_of_the_configuration(new):
    section, *keys = new.split(".")
    node = reference.schema()["properties"][section]
    for key in keys:
        if "$ref" in node:
            node = reference.schema()["$defs"][node["$ref"].rpartition("/")[2]]
        entries = node.get("properties", {})
        node = entries[key] if key in entries else node["additionalProperties"]
