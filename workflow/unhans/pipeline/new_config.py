"""New configuration: the commented file that ``unhans init`` writes for images and a network."""

import re
import shlex
import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from unhans.choices import PRETRAINED, is_weight_file
from unhans.config import loading, models
from unhans.config.fields import RESERVED
from unhans.errors import ConfigError, InputError, near, printed
from unhans.images import class_index, transform
from unhans.images.class_index import Catalogue
from unhans.images.label_table import listed
from unhans.images.survey import Survey, survey
from unhans.pipeline import new_config_trial
from unhans.spray.class_size import images_needed

_DEFAULTS = loading.load({"corpus": {"digits": {}}, "model": {"small_vgg": {}}})


class Asked(NamedTuple):
    """What a configuration is asked for.

    Parameters
    ----------
    folder : str
        Of the images.
    model : str
        Architecture, or ``package.module:function``.
    weights, class_index : str, optional
        File or name of weights, and table of the output of each class.
    """

    folder: str
    model: str
    weights: str | None = None
    class_index: str | None = None


@dataclass(frozen=True)
class Made:
    """A configuration that was made, and what it was made of.

    Parameters
    ----------
    text : str
        Of its file.
    survey : Survey
        Of the images.
    catalogue : Catalogue
        Of their classes.
    network : str
        A line on the network, its outputs and what it is given.
    notes, missing : tuple of str
        What a person should know, and what a run needs beside it, a line each.
    """

    text: str
    survey: Survey
    catalogue: Catalogue
    network: str
    notes: tuple[str, ...]
    missing: tuple[str, ...]


def make(asked: Asked, file: str, workers: int = 1) -> Made:
    """Look at a folder of images and a network, and make a configuration for them.

    Parameters
    ----------
    asked : Asked
        Images and network.
    file : str
        Of the configuration, by which its folder of results is called.
    workers : int
        Threads that read images.

    Returns
    -------
    Made
        Its text is that of a valid configuration.

    Raises
    ------
    ConfigError
        There is no such folder, it holds no classes, or the network is unknown.
    InputError, StoreError
        The weights are unknown, or do not fit.
    """
    _check_model(asked.model)
    weights = _weights(asked.weights)
    found = survey(asked.folder, workers=workers)
    root, corpus = _text(found.root), _name(found.root.name, models.RESERVED, "images")
    if "$" in root:
        raise ConfigError(f"{printed(root)}: a $ stands for a variable; expected another name")
    network = _network(asked, weights, found)
    section: dict[str, Any] = {"source": network.source, "root": root, "splits": [*found.splits]}
    if asked.class_index is not None:
        section["class_index"] = _text(Path(asked.class_index).expanduser().absolute())
    catalogue = class_index.read(f"corpus.{corpus}", **section)
    small = _small(found)
    values: dict[str, Any] = {
        "results": f"{_name(Path(file).stem, (), 'images')}_results",
        "corpus": {corpus: section},
        "model": {
            _name(asked.model.rpartition(":")[2], RESERVED, "network"): {
                "architecture": asked.model,
                "weights": network.weights,
            }
        },
        **({"ranking": {"small_classes": "capped"}} if small else {}),
    }
    unmatched = _unmatched(catalogue, network.outputs, corpus)
    tried = None
    if network.loaded is not None and not unmatched:
        tried = new_config_trial.of_network(found, catalogue, network.loaded)
    text = _written(values, file, network.said, found, tried.transform if tried else "")
    if loading.load(yaml.safe_load(text)) != loading.load(values):
        raise ConfigError("the configuration cannot be written as YAML; expected other names")
    notes = [*network.notes, *catalogue.notes, *small, *_tiny(found)]
    notes += [tried.note] if tried else []
    missing = [*network.missing, *unmatched]
    return Made(text, found, catalogue, network.said, tuple(notes), tuple(missing))


def output_of(folder: str, given: str | None, force: bool) -> Path:
    """Choose the file of a configuration.

    Parameters
    ----------
    folder : str
        Of the images, by which it is called.
    given : str, optional
        Its path, where a person chose one.
    force : bool
        Whether a file that is there may be replaced.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        It is there, or cannot be there.
    """
    named = _name(Path(folder).absolute().name, (), "images")
    path = Path(f"{named}.yaml" if given is None else given)
    shown = printed(str(path))
    if path.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"--output: {shown}: expected a name that ends in .yaml")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ConfigError(f"--output: {shown}: expected a file in a folder that is there")
    if path.exists() and not force:
        raise ConfigError(f"{shown}: is there already; --force replaces it, --output names another")
    return path


class _Network(NamedTuple):
    """A network as the configuration names it."""

    weights: str | None
    outputs: int
    said: str
    source: str
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    loaded: Any = None


def _network(asked: Asked, weights: str | None, found: Survey) -> _Network:
    """Look at the network, and choose published weights where the classes are theirs."""
    from unhans.networks import pretrained, preview

    labels = {one.label for one in found.classes}
    is_imagenet = asked.class_index is None and labels <= set(class_index.imagenet())
    is_own = ":" in asked.model
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    if weights is None and is_imagenet and not is_own:
        weights = pretrained.names(asked.model)[0]
        notes = (f"classes are ImageNet's, so that published weights are taken: {weights}",)
    seen = preview.preview(asked.model, weights, len(labels))
    if weights is None and not is_own:
        missing = (
            "weights: without any the network is random, and nothing that is found means anything; give "
            "--weights FILE (docs/how-to/images.md#files-of-weights)",
        )
    what = weights or ("weights of its function" if is_own else "random weights")
    given = transform.describe(seen.transform)
    said = f"{asked.model}, {what}: {seen.outputs} outputs; input: {given}"
    with_ids = is_imagenet and seen.outputs == len(class_index.imagenet())
    source = "imagenet" if with_ids else "folder"
    every = (*notes, *seen.notes)
    return _Network(weights, seen.outputs, said, source, every, missing, seen.network)


def _check_model(model: str) -> None:
    if ":" not in model and model not in PRETRAINED:
        meant = near(model, PRETRAINED)
        raise ConfigError(
            f"--model: unknown network '{printed(model)}'{f' ({meant})' if meant else ''}; expected "
            "efficientnet_lite0, one of torchvision's classifiers (resnet50, vit_b_16, ...), or a "
            "function of your own, package.module:function"
        )


def _weights(given: str | None) -> str | None:
    """Path of a file of weights, absolute; the name of published weights as it is."""
    if given is None or not (is_weight_file(given) or Path(given).expanduser().exists()):
        return given
    path = Path(given).expanduser().absolute()
    if not path.is_file():
        raise ConfigError(f"--weights: {printed(given)}: no such file; expected a file of weights")
    return _text(path)


def _unmatched(catalogue: Catalogue, outputs: int, corpus: str) -> list[str]:
    """Say where classes do not fit the outputs of the network."""
    from unhans.networks import output_names

    try:
        output_names.fit(catalogue.names, outputs, catalogue.complete, corpus)
    except InputError as error:
        return [f"{error} (--class-index FILE)"]
    return []


def _small(found: Survey) -> list[str]:
    needed = images_needed(max(_DEFAULTS.embedding.q), _DEFAULTS.clustering.k_max)
    few = [one for one in found.classes if sum(one.images) < needed]
    if not few:
        return []
    return [
        f"{len(few)} of {len(found.classes)} classes have fewer than {needed} images: they are ranked by "
        "as many eigenvectors and clusters as they allow, which is rough (ranking.small_classes)"
    ]


def _tiny(found: Survey) -> list[str]:
    knn = max(_DEFAULTS.affinity.knn)
    few = [f"{one.label!r}: {sum(one.images)}" for one in found.classes if sum(one.images) <= knn]
    if not few:
        return []
    return [f"{len(few)} classes have too few images for {knn} neighbours: {listed(few)}"]


def _name(wanted: str, reserved: Collection[str], otherwise: str) -> str:
    """Make a name of the configuration of any text."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", wanted).strip("_-")[:60] or otherwise
    return f"{name}_{otherwise}" if name in reserved else name


def _text(path: Path) -> str:
    """Refuse a path that is no text, which no YAML can hold."""
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{printed(text)}: is no text in UTF-8; expected another name") from None
    return text


def _written(values: Mapping[str, Any], file: str, network: str, found: Survey, better: str) -> str:
    """Write the file, with comments on what was found and on what may be changed."""
    (corpus, section), (model, built) = (
        next(iter(values[key].items())) for key in ("corpus", "model")
    )
    layout = "<class>/*" if found.splits == (".",) else "<split>/<class>/*"
    left = f"  # left out: {printed(', '.join(found.left))}" if found.left else ""
    lines = [
        "# Written by unhans init. Run it from this folder:",
        f"#   {printed(shlex.join(['unhans', 'run', file, 'all', 'explorer']))}",
        "# A key behind a # shows what else may be set. All keys: docs/reference/config.md",
        "",
        "# Folder of all results. Two configurations need two folders.",
        f"results: {_scalar(values['results'])}",
        "",
        "corpus:",
        f"  {_scalar(corpus)}:",
        f"    # {len(found.classes)} classes of {found.images} images in <root>/{layout}",
        f"    source: {section['source']}",
        f"    root: {_scalar(section['root'])}",
        f"    splits: {_scalar(section['splits'])}{left}",
        *_outputs(section),
        "    # Only some classes: names and patterns, or how many.",
        "    # classes: [cat, 'dog*']",
        "    # At most so many images of each class.",
        "    # per_class: 500",
        "    # Files that are no images of a class, by name or by path within the root.",
        "    # exclude: ['*_mask.png']",
        "    # What else is known of each image, in a table with a column image: compared with groups.",
        "    # attributes: {table: patients.csv, columns: [hospital, scanner]}",
        "",
        "model:",
        f"  {_scalar(model)}:",
        *_comment("    ", network),
        f"    architecture: {_scalar(built['architecture'])}",
        "    # A file (safetensors or torch), or the name of published weights.",
        f"    weights: {_scalar(built['weights'])}",
        "    # Where an image becomes the input of the network in another way.",
        *(
            ["    # Of the images that were tried, more are called by their class with:"]
            if better
            else []
        ),
        f"    # transform: {better or '{resize: 256, crop: 224, mean: 0.5, std: 0.5}'}",
    ]
    if "ranking" in values:
        lines += ["", "ranking:", *_comment("  ", *_small(found))]
        lines.append(f"  small_classes: {values['ranking']['small_classes']}")
    return "\n".join([*lines, ""])


def _outputs(section: Mapping[str, Any]) -> list[str]:
    """Lines on which output of the network each class is."""
    if section["source"] == "imagenet":
        return ["    # Classes are WordNet ids: the outputs are those of ImageNet-1k."]
    said = ["    # The network's output of each class: a table with the columns class and index."]
    if "class_index" in section:
        return [*said, f"    class_index: {_scalar(section['class_index'])}"]
    return [
        *said,
        "    # Without it classes are numbered in the order of their names.",
        "    # class_index: classes.tsv",
    ]


def _comment(indent: str, *said: str) -> list[str]:
    wrapped = (textwrap.wrap(printed(one), 90, break_on_hyphens=False) for one in said)
    return [f"{indent}# {line}" for lines in wrapped for line in lines]


def _scalar(value: Any) -> str:
    """Write a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=2**30)
    return text.removesuffix("...\n").strip()
