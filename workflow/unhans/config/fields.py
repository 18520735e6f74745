"""Fields: types that sections of the configuration share."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
"""Names become folders: letters, digits, ``_``, ``.`` and ``-``, the first a letter or digit."""


Name = Annotated[
    str,
    BeforeValidator(lambda value: text(value), json_schema_input_type=str | int),
    StringConstraints(pattern=NAME, max_length=80),
]


# fmt: off
RESERVED = frozenset({
    "accepted_response", "activations", "affinity", "attribution", "audit", "benchmarks",
    "candidate_response", "clustering", "concepts", "corpus", "correction", "distance", "embedding",
    "explorer", "explorer_class", "features", "figures", "fiftyone", "findings", "group_search",
    "hosts", "interval", "logs", "movement", "neurons", "predictability", "prepared_artefact",
    "preprocessing", "projection", "properties", "restoration", "sensitivity", "separability",
    "sheets", "suggestions", "tables", "transplant", "unhansing", "virelay",
})
# fmt: on
"""Folders of stages and of the workflow that stand beside those of corpora, networks, representations."""

# fmt: off
FILES = (
    ".html", ".json", ".log", ".md", ".part", ".parts", ".png", ".safetensors", ".tex", ".tsv", ".yaml",
    ".zip",
)
# fmt: on
"""Endings of the files that stand beside these folders, and of what is not finished yet."""


def _folder(name: str) -> str:
    """Refuse the name of a folder that is the name of a file or folder of the workflow."""
    if name in RESERVED or name.endswith(FILES):
        raise ValueError(
            f"'{name}' is a file or folder of the workflow; expected a name that is not "
            f"{', '.join(sorted(RESERVED))} and does not end in {', '.join(FILES)}"
        )
    return name


FolderName = Annotated[Name, AfterValidator(_folder)]
"""Name of a network or representation: a folder beside others of the workflow."""


Seed = Annotated[int, Field(ge=0, lt=2**32)]


def text(value: Any) -> Any:
    """Class 3 in YAML is a number; here it is a name.

    Parameters
    ----------
    value : Any
        As YAML reads it.

    Returns
    -------
    Any
        An int as a str, anything else as it is; pydantic checks the rest.
    """
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def listed(value: Any) -> Any:
    """One value where a list may stand is a list of one.

    Parameters
    ----------
    value : Any
        As YAML reads it.

    Returns
    -------
    list or tuple
    """
    return value if isinstance(value, list | tuple) else [value]


def distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a value named twice: its analysis would be ranked twice.

    Parameters
    ----------
    values : tuple
        The list of a section.

    Returns
    -------
    tuple
        The values as they are.

    Raises
    ------
    ValueError
        A value is named twice. Pydantic turns it into a fault of the key, which ends in a
        ConfigError.
    """
    twice = [value for place, value in enumerate(values) if value in values[:place]]
    if twice:
        raise ValueError(f"{twice[0]} is named twice")
    return values


class OneOrMany:
    """Tells the JSON schema that one value may stand where a list may."""

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        many = handler(core)
        return {"anyOf": [many["items"], many]}


T = TypeVar("T")


Swept = Annotated[
    tuple[T, ...],
    BeforeValidator(listed),
    AfterValidator(distinct),
    Field(min_length=1),
    OneOrMany(),
]
"""One value, or a list of distinct ones that spans the grid."""


Listed = Annotated[tuple[T, ...], BeforeValidator(listed), AfterValidator(distinct), OneOrMany()]
"""One value, or a list of distinct ones, which may be empty."""


def _auto_or_count(value: Any) -> Any:
    """Say in one message what pydantic would say in two, one for each branch of the union."""
    # Snakemake reads numbers within a section of ``--config`` as text.
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if value != "auto" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"{value!r}: expected auto, or a number from 1 on")
    return value


AutoOrCount = Annotated[
    Literal["auto"] | Annotated[int, Field(ge=1)], BeforeValidator(_auto_or_count)
]


class Section(BaseModel):
    """A part of the configuration: frozen, unknown keys refused with the nearest valid one named."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            valid = [field.alias or name for name, field in cls.model_fields.items()]
            for key in value:
                if key not in valid and key not in cls.model_fields:
                    raise ValueError(unknown_key(str(key), valid))
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth_as_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse yes, no, on, off, true, false for a number, which pydantic takes for 1 and 0."""
        kinds = _parts(cls.model_fields[str(info.field_name)].annotation)
        if bool not in kinds and kinds & {int, float}:
            truths = [one for one in listed(value) if isinstance(one, bool)]
            if truths:
                raise ValueError(f"{str(truths[0]).lower()}: yes or no; expected a number")
        return value


def _parts(annotation: Any) -> set[Any]:
    """All types that an annotation is made of."""
    inner = [_parts(one) for one in get_args(annotation)]
    return set().union(*inner) if inner else {annotation}


def unknown_key(key: str, valid: list[str]) -> str:
    """Say that a key is unknown, which one is nearest, and which are valid.

    Parameters
    ----------
    key : str
        The key that was given.
    valid : list of str
        Keys of its section.

    Returns
    -------
    str
        A message.
    """
    near = difflib.get_close_matches(key, valid, n=1, cutoff=0.4)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"unknown key '{key}'; {hint}valid keys: {', '.join(valid)}"
