"""Configurations: whatever stands in one, it is a plan, or lines that name the keys."""

import json
import re
from pathlib import Path
from typing import get_args

import hostile_values
import pytest
import yaml
from hypothesis import given, note, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from unhans.config import loading
from unhans.config.models import Config
from unhans.errors import ConfigError
from unhans.pipeline.plan import Plan

ROOT = Path(__file__).parents[2]

SHIPPED = {
    path.name: yaml.safe_load(path.read_text()) for path in sorted((ROOT / "config").glob("*.yaml"))
}
DEFAULT = SHIPPED["config.yaml"]


def sections(model=Config, path=()):
    """Keys of the configuration down to those that hold no further keys."""
    for name, field in model.model_fields.items():
        inner = [one for one in get_args(field.annotation) or [field.annotation] if is_section(one)]
        yield (*path, field.alias or name)
        for one in inner:
            yield from sections(one, (*path, field.alias or name))


def is_section(kind):
    return isinstance(kind, type) and issubclass(kind, BaseModel)


KEYS = sorted(set(sections()))


@st.composite
def configs(draw):
    """A shipped configuration with up to three values replaced, added or taken out."""
    made = SHIPPED[draw(st.sampled_from(sorted(SHIPPED)))]
    for _ in range(draw(st.integers(1, 3))):
        how = draw(st.sampled_from(["replaced", "set", "taken out", "added"]))
        path = draw(st.sampled_from(list(hostile_values.places(made))))
        value = draw(hostile_values.values())
        if how == "set":
            path = draw(st.sampled_from(KEYS))
            for depth in range(1, len(path)):
                made = with_mapping(made, path[:depth])
        elif how == "added":
            path = (*path[:-1], draw(hostile_values.texts()))
            if not isinstance(at(made, path[:-1]), dict):
                continue
        made = hostile_values.put(made, path, ... if how == "taken out" else value)
        if not made:
            break
    return made


def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


def with_mapping(tree, path):
    try:
        inner = at(tree, path)
    except KeyError:
        inner = None
    return tree if isinstance(inner, dict) else hostile_values.put(tree, path, {})


def checked(values):
    """A checked configuration, or None where it is refused by lines that name keys."""
    try:
        return loading.load_over(ROOT / "config/config.yaml", values)
    except ConfigError as error:
        head, *lines = str(error).split("\n")
    note("\n".join([head, *lines]))
    assert head == "the configuration is not valid:"
    assert lines
    for line in lines:
        assert re.match(r"  [^\s:].*: \S", line)
        assert line.isprintable()
        assert len(line) < 2_000
    return None


@given(configs())
@settings(max_examples=settings.default.max_examples * 2)
def test_a_configuration_is_checked_or_refused_by_its_keys(values):
    config = checked(values)
    if config is not None:
        again = loading.load(json.loads(config.model_dump_json(by_alias=True, exclude_unset=True)))
        assert again == config


@given(configs())
def test_a_configuration_that_is_accepted_has_settings_of_every_stage(values):
    config = checked({**values, "corpus": {"digits": {}}} if "corpus" in values else values)
    if config is None:
        return
    try:
        plan = Plan(config, ROOT / "workflow")
        analyses = config.analyses()
        json.dumps(plan.lineage(analyses[0]), allow_nan=False)
    except ConfigError as error:
        one_line(error, "")


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))
)
def test_a_file_of_any_bytes_is_read_or_refused_with_its_name(tmp_path, content):
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    try:
        assert isinstance(loading.read_file(path), dict)
    except ConfigError as error:
        one_line(error, str(path))


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("[" * 5000, "recursion"),
        ("a: 2020-13-45", "month"),
        ("a: " + "9" * 5000, "digits"),
        ("a: !!timestamp x", "NoneType"),
        ("a: !!int x", "int"),
        ("a: !!float ''", "index"),
        ("a: 1\nb: 2\na: 3", "line 3, column 1: no valid YAML .key 'a' is named twice"),
        ("a: {b: 1, b: 1}", "line 1, column 11: .*'b' is named twice"),
        ("[1, 2]: 3", "hash"),
    ],
)
def test_values_that_yaml_cannot_make_are_refused_with_the_file(tmp_path, content, where):
    """Each of them was a traceback."""
    path = tmp_path / "config.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=where) as said:
        loading.read_file(path)
    one_line(said.value, str(path))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (r'results: "\ud800"', r"  results: '\ud800' is no text that UTF-8 can write"),
        (r'"\ud800": 1', r"  (top level): the key '\ud800' is no text that UTF-8 can write"),
        (r'"\u202e": 1', r"  (top level): unknown key '\u202e'; valid keys: "),
        ("corpus: &own {digits: *own}", "  corpus.digits: "),
        ("figures: &own {top: *own}", "  figures.top: "),
    ],
)
def test_what_no_file_or_terminal_can_hold_is_refused_by_its_key(tmp_path, content, line):
    path = tmp_path / "config.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as said:
        loading.load_over(ROOT / "config/config.yaml", loading.read_file(path))
    assert any(one.startswith(line) for one in str(said.value).split("\n")), str(said.value)


def one_line(error, start):
    assert str(error).startswith(start)
    assert str(error).isprintable()
