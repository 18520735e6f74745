"""Start of a run: what would fail later is refused, and jobs are given what changes no result."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from unhans.choices import WEIGHT_FILES, is_own_metric
from unhans.config import loading
from unhans.config.images import Images
from unhans.errors import ConfigError
from unhans.images import class_index
from unhans.paths import RESULT, Analysis
from unhans.pipeline import code_guard, image_settings, machine, network_inputs, small_classes
from unhans.pipeline.plan import ANY, Plan

UNCHANGING = ("batch_size", "device", "workers")
"""Keys of the attribution that change no result; see `machine`."""


def check(plan: Plan) -> None:
    """Refuse another installed copy of the library, a place that cannot be written to, unknown classes.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Raises
    ------
    ConfigError
        The message names the key or folder, and what was expected.
    """
    imported = Path(machine.__file__).resolve().parents[2]
    root = plan.context.root
    if imported != root.resolve():
        raise ConfigError(
            f"this workflow is {root}, but the installed unhans is {imported}; "
            f"expected the same. Install this copy: pip install -e {root.parent}"
        )
    _check_place(plan)
    folder = Path(plan.config.results).absolute()
    while not folder.exists():
        folder = folder.parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise ConfigError(
            f"results: {plan.config.results}: {folder} is not a folder that can be written to; "
            "change 'results' in the config, or the folder's permissions"
        )
    # Among the rules Snakemake would print its stack below the message.
    plan.analysed_classes()
    _check_planted(plan)
    _ = plan.context.accepted
    plan.settings("ranking")


def _check_place(plan: Plan) -> None:
    """Refuse results among the code, among Snakemake's records, or around the working folder."""
    folder, here = Path(plan.config.results).resolve(), Path.cwd().resolve()
    if folder == here or folder in here.parents:
        taken = f"{here}, the working folder, lies there"
    elif folder.is_relative_to(here / ".snakemake"):
        taken = "Snakemake's records lie there"
    elif folder.is_relative_to(plan.context.root.resolve()):
        taken = "the workflow's code lies there"
    else:
        return
    raise ConfigError(f"results: {plan.config.results}: {taken}; expected a folder of its own")


def _check_planted(plan: Plan) -> None:
    """Refuse an artefact that is planted in a class whose images are not read."""
    for name, corpus in plan.config.corpus.items():
        known = plan.classes.needed(name)
        missing = [class_id for class_id in corpus.planted if class_id not in known]
        if missing:
            raise ConfigError(
                f"corpus.{name}.planting: no class '{missing[0]}'; expected one of "
                f"{', '.join(known[:10])}{', ...' if len(known) > 10 else ''}"
            )


def check_tables(plan: Plan) -> None:
    """Refuse files of a person that jobs would read: among the rules Snakemake prints a stack.

    Where the images of a corpus were read before, a table that is wrong or gone is only said: a run may
    need it no more. The same holds of a file of weights where its network was made.

    Parameters
    ----------
    plan : Plan
        Of the run. Tables of labels are read with the classes, that of accepted artefacts by `check`.

    Raises
    ------
    ConfigError
        The message names the key and the table, and what was expected.
    """
    for corpus in plan.config.corpus:
        try:
            image_settings.of_attributes(plan.context, corpus)
        except ConfigError as error:
            if not os.path.exists(plan.beside(1, Analysis(corpus, *ANY[1:]), "manifest.tsv")):
                raise
            print(f"unhans: {error}", file=sys.stderr)
    _ = plan.context.feature_labels
    for name, network in plan.config.model.items():
        if hasattr(network, "weights"):
            _check_weights(plan, name)


def _check_weights(plan: Plan, name: str) -> None:
    """Refuse a file of weights that is not there and that a network is to be made of."""
    for path in network_inputs.weights(plan, ANY._replace(model=name)):
        networks = [Analysis(corpus, name, *ANY[2:]) for corpus in plan.config.corpus]
        made = [plan.beside(2, one, f"model{RESULT}") for one in networks]
        if not os.path.exists(path) and not any(map(os.path.exists, made)):
            raise ConfigError(
                f"model.{name}.weights: {path}: no such file; expected one of "
                f"{', '.join(WEIGHT_FILES)}, or the name of published weights"
            )


def check_files(files: Iterable[str | Path]) -> None:
    """Refuse files of configuration that Snakemake has read otherwise than they are meant.

    Parameters
    ----------
    files : iterable of str or path
        Of the run. Of a key that is named twice Snakemake keeps the last value without a word.

    Raises
    ------
    ConfigError
        The message names the file and the line.
    """
    for file in files:
        loading.read_file(file)


def warn(plan: Plan) -> None:
    """Say on the terminal what a run would find out at its end.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Raises
    ------
    ConfigError
        No class would get a rank; see `small_classes.check_neighbours`.
    """
    small_classes.check_neighbours(plan)
    for line in (*small_classes.empty_corpora(plan), small_classes.describe(plan)):
        if line:
            print(f"unhans: {line}", file=sys.stderr)


def export(plan: Plan) -> None:
    """Let jobs import this copy of the library, and give them the machine settings.

    Parameters
    ----------
    plan : Plan
        Of the run. The environment of this process is changed, which jobs inherit.
    """
    given = [str(plan.context.root), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in given if path)
    roots = {
        name: str(class_index.root_of(corpus.root, f"corpus.{name}"))
        for name, corpus in plan.config.corpus.items()
        if isinstance(corpus, Images)
    }
    section = plan.context.plain["attribution"]
    code_guard.export(
        [
            *(one.architecture for one in plan.config.model.values() if ":" in one.architecture),
            *filter(is_own_metric, plan.config.distance.metrics),
        ]
    )
    machine.export(roots, {key: section[key] for key in UNCHANGING})
