"""Loading: check a configuration and report its errors key by key."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from unhans.config.models import Config
from unhans.config.renamed import old_keys
from unhans.errors import ConfigError, one_line, printed

_OF_VALUES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What PyYAML raises of values that it cannot make, besides errors of its own."""

EXPRESSIONS = "__use_yte__"
"""Key by which Snakemake lets a configuration run code of its own"""


class _Loader(yaml.SafeLoader):
    """Refuses a key that is named twice in one section: one of its values would be dropped."""

    def compose_mapping_node(self, anchor: Any) -> Any:
        """Read a section as PyYAML does, and look at its keys."""
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            word = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else id(key)
            if word in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key '{printed(key.value)}' is named twice",
                    problem_mark=key.start_mark,
                )
            seen.add(word)
        return node


def load_over(default: str | Path, values: Mapping[str, Any]) -> Config:
    """Check a configuration: one that names a corpus stands alone, any other lies over the default.

    Parameters
    ----------
    default : str or path
        File of the default configuration.
    values : mapping
        What was configured beyond it.

    Returns
    -------
    Config

    Raises
    ------
    ConfigError
        The configuration is not valid; see `load`.

    """
    if "corpus" in values:
        return load(values)
    return load(laid_over(read_file(default), values))


def read_file(path: str | Path) -> dict[str, Any]:
    """Read a configuration from a file of YAML.

    Parameters
    ----------
    path : str or path
        Of the file.

    Returns
    -------
    dict

    Raises
    ------
    ConfigError
        The file cannot be read, or is not YAML with keys at its top; the message names the line.

    """
    try:
        values = yaml.load(Path(path).read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({one_line(error)})") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}{_place(error)}: no valid YAML ({_problem(error)})") from None
    except _OF_VALUES as error:  # a date of month 13, a number of 5,000 digits, 1,000 brackets
        raise ConfigError(f"{path}: no valid YAML ({printed(one_line(error))})") from None
    if isinstance(values, Mapping) and EXPRESSIONS in values:
        raise ConfigError(f"{path}: {EXPRESSIONS}: expressions run code; expected values alone")
    if not isinstance(values, Mapping):
        raise ConfigError(f"{path}: holds {type(values).__name__}; expected keys at its top")
    return dict(values)


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f", line {mark.line + 1}, column {mark.column + 1}"


def _problem(error: yaml.YAMLError) -> str:
    said = [getattr(error, name, None) for name in ("context", "problem")]
    mark = getattr(error, "context_mark", None)
    begun = "" if mark is None else f", begun in line {mark.line + 1}"
    return (", ".join(filter(None, said)) or one_line(error)) + begun


def load(values: Mapping[str, Any]) -> Config:
    """Check a configuration.

    Parameters
    ----------
    values : mapping
        The configuration, as YAML reads it.

    Returns
    -------
    Config

    Raises
    ------
    ConfigError
        One line for each fault: the key, and what was expected of it. A key that has a new name is
        refused before all others.

    """
    try:
        refused = [*_no_text(values, "", set()), *old_keys(values)]
        if refused:
            raise ConfigError("\n  ".join(["the configuration is not valid:", *refused]))
        return Config.model_validate(_without_removed(values))
    except ValidationError as error:
        faults = error.errors(include_url=False)
        lines = [
            f"  {_shown(_where(fault))}: {_shown(_what(fault))}"
            for fault in faults
            if not _follows(fault, faults)
        ]
        raise ConfigError("\n".join(["the configuration is not valid:", *lines])) from None
    except RecursionError:
        raise ConfigError(
            "the configuration is not valid:\n  (top level): keys within keys without end; expected no "
            "anchor that holds itself"
        ) from None


def _no_text(values: Any, keys: str, seen: set[int]) -> Iterator[str]:
    """Say which keys hold half of a surrogate pair, which YAML may escape and no file can hold."""
    if isinstance(values, str) and not _is_text(values):
        yield f"{keys}: '{printed(values[:80])}' is no text that UTF-8 can write"
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(values, Mapping):
        pairs = values.items()
    elif isinstance(values, list | tuple):
        pairs = enumerate(values)
    if id(values) in seen:  # an anchor may stand for one value in many places, or within itself
        return
    seen.add(id(values))
    for key, inner in pairs:
        name = printed(str(key)[:80])
        if not _is_text(str(key)):
            yield f"{keys or '(top level)'}: the key '{name}' is no text that UTF-8 can write"
        yield from _no_text(inner, f"{keys}.{name}" if keys else name, seen)


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _without_removed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Drop named entries set to null: that is how an overlay takes one of the default's away."""
    return {
        key: {name: entry for name, entry in section.items() if entry is not None}
        if isinstance(section, Mapping)
        else section
        for key, section in values.items()
    }


def _follows(fault: Mapping[str, Any], faults: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a list counts as too short only because of a fault within it."""
    depth = len(fault["loc"])
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > depth and other["loc"][:depth] == fault["loc"] for other in faults
    )


def laid_over(default: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a configuration over another, section by section; the default's order comes first.

    Parameters
    ----------
    default : mapping
        The configuration below.
    values : mapping
        The configuration above; its values count where both have one.

    Returns
    -------
    dict
    """
    merged = dict(default)
    for key, value in values.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


def _where(fault: Mapping[str, Any]) -> str:
    # Pydantic adds the branch of a union that it tried; keys of the config are what people know.
    branches = {"literal['all']", "literal['auto']", "digits", "images", "trained", "pretrained"}
    parts = [
        str(part)
        for place, part in enumerate(fault["loc"])
        if "[" not in str(part) and not (place > 1 and part in branches)
    ]
    return ".".join(parts) or "(top level)"


def _shown(text: str, most: int = 1_000) -> str:
    """Write what may hold any text on one line: cut, characters that do not print as their codes."""
    return printed(text if len(text) <= most else f"{text[: most - 4]} ...")


def _what(fault: Mapping[str, Any]) -> str:
    message = str(fault["msg"]).removeprefix("Value error, ")
    given = fault.get("input")
    if fault["type"] in {"value_error", "missing"} or isinstance(given, Mapping):
        return message[0].lower() + message[1:]
    if fault["type"] == "literal_error" and isinstance(given, str):
        near = difflib.get_close_matches(given, re.findall(r"'([^']*)'", message), n=1)
        message += f"; did you mean '{near[0]}'?" if near else ""
    return f"{message[0].lower()}{message[1:]} (given: {given!r})"
