"""Figures: a picture of each of the classes that an analysis ranks highest."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from unhans.errors import SetAsideError
from unhans.images.dataset import ClassDataset, DisplayImages
from unhans.images.transform import Transform
from unhans.io import store, tsv
from unhans.paths import Analysis, parse_analysis
from unhans.reporting.figures import style
from unhans.reporting.figures.class_figure import class_figure
from unhans.reporting.figures.eigenvalues import eigenvalue_figure
from unhans.reporting.figures.splits import split_figure
from unhans.spray import conductance


def draw_top(
    table: str,
    record: str,
    root: Path | None,
    stages: Mapping[str, Iterable[str]],
    folder: str,
    settings: Mapping[str, Any],
) -> None:
    """Draw the classes of highest tau: projection, clusters, samples; eigenvalues; splits.

    Parameters
    ----------
    table : the ranking
    record : of the network, which names its classes and knows how it sees images
    root : folder of the image files; None for digits
    stages : results of every class of one analysis, by stage: corpus, attribution, affinity,
        embedding, clustering, projection
    folder : where the pictures go, ``rank<rank>_<shows>_<class>.png``: ``class``, ``eigenvalues``
        and, where the images are of several, ``splits``; written anew as a whole
    settings : the config's section ``figures``

    """
    of_class = {stage: store.by_class(paths) for stage, paths in stages.items()}
    analysis, _ = parse_analysis(next(iter(of_class["clustering"].values())))
    renewed = style.renewed(folder)
    network = store.read_attributes(record)
    for row in _top(tsv.read_tsv(table), analysis, settings["top"]):
        paths = {stage: files[row["class"]] for stage, files in of_class.items()}
        try:
            drawn = _draw(row, network, root, paths, settings)
        except SetAsideError:  # too few images for a projection: ranked, but not drawn
            continue
        for shows, figure in drawn.items():
            name = f"rank{row['rank']:02d}_{shows}_{row['class']}.png"
            style.save(figure, renewed / name)


def _top(ranking: pd.DataFrame, analysis: Analysis, count: int) -> list[dict[str, Any]]:
    chosen = ranking[ranking["rank"].notna()]
    for name, value in analysis._asdict().items():
        chosen = chosen[chosen[name] == value]
    return chosen.head(count).to_dict("records")  # type: ignore[return-value]


def _draw(
    row: Mapping[str, Any],
    network: Mapping[str, Any],
    root: Path | None,
    paths: Mapping[str, str],
    settings: Mapping[str, Any],
) -> dict[str, Figure]:
    """Draw the pictures of one class, by what they show."""
    attribution = store.read(paths["attribution"])
    projection = store.read(paths["projection"])
    method = next(iter(store.read_attributes(paths["projection"])["methods"]))
    findings = conductance.stand_out(
        store.read(paths["affinity"])["affinity"],
        store.read(paths["clustering"])["nested"],
        settings["clusters"],
    )
    members = ClassDataset(store.read(paths["corpus"]), root)
    transform = Transform.of(network.get("transform"))
    drawn = {
        "class": class_figure(
            points=projection[method],
            findings=findings,
            images=DisplayImages(members, attribution["image"], transform),
            heatmaps=attribution["heatmap"],
            prediction=[_name(network["names"], index) for index in attribution["prediction"]],
            rank=attribution["rank"],
            title=_title(row),
            samples=settings["samples"],
        )
    }
    spectrum = store.read(paths["embedding"], ["eigenvalue"])["eigenvalue"]
    drawn["eigenvalues"] = eigenvalue_figure(spectrum, _title(row))
    splits = attribution["split"]
    if len(set(splits.tolist())) > 1:
        names = attribution.attributes["splits"]
        drawn["splits"] = split_figure(projection[method], splits, names, _title(row))
    return drawn


def _name(names: Sequence[str], index: int) -> str:
    known = names[index] if index < len(names) else ""
    return known or f"output {index}"


def _title(row: Mapping[str, Any]) -> str:
    return f"class {row['name']}: rank {row['rank']}, tau {row['tau']:.3g} (n = {row['n']})"
