"""Figures: a picture of each of the classes that an analysis ranks highest."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unhans import isolation, plotting, store, tables
from unhans.errors import SetAsideError
from unhans.types import Analysis


def draw_top(
    table: str,
    images: str,
    stages: Mapping[str, Iterable[str]],
    folder: str,
    settings: Mapping[str, Any],
) -> None:
    """Draw the classes of highest tau: projection, stand-out clusters, samples; eigenvalues.

    Parameters
    ----------
    table : the ranking
    images : the corpus' images
    stages : results of every class of one analysis, by stage: attribution, affinity, embedding,
        clustering, projection
    folder : where the pictures go, ``rank<rank>_class_<class>.png`` and
        ``rank<rank>_eigenvalues_<class>.png``; written anew as a whole
    settings : the config's section ``figures``

    """
    of_class = {
        stage: {Path(path).name.removesuffix(".zarr.zip"): path for path in paths}
        for stage, paths in stages.items()
    }
    analysis, _ = Analysis.of(next(iter(of_class["clustering"].values())))
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    corpus = store.read(images, ["image"])
    for row in _top(tables.read_tsv(table), analysis, settings["top"]):
        paths = {stage: files[row["class"]] for stage, files in of_class.items()}
        try:
            figure = _draw(row, corpus, paths, settings)
        except SetAsideError:  # too few images for a projection: ranked, but not drawn
            continue
        rank = f"rank{row['rank']:02d}"
        plotting.save(figure, Path(folder) / f"{rank}_class_{row['class']}.png")
        spectrum = store.read(paths["embedding"], ["eigenvalue"])["eigenvalue"]
        figure = plotting.eigenvalue_figure(spectrum, _title(row))
        plotting.save(figure, Path(folder) / f"{rank}_eigenvalues_{row['class']}.png")


def _top(ranking: pd.DataFrame, analysis: Analysis, count: int) -> list[dict[str, Any]]:
    chosen = ranking[ranking["rank"].notna()]
    for name, value in analysis._asdict().items():
        chosen = chosen[chosen[name] == value]
    return chosen.head(count).to_dict("records")  # type: ignore[return-value]


def _draw(
    row: Mapping[str, Any],
    corpus: store.Result,
    paths: Mapping[str, str],
    settings: Mapping[str, Any],
) -> Any:
    attribution = store.read(paths["attribution"])
    projection = store.read(paths["projection"])
    method = next(iter(store.read_attributes(paths["projection"])["methods"]))
    findings = isolation.stand_out(
        store.read(paths["affinity"])["affinity"],
        store.read(paths["clustering"])["nested"],
        settings["clusters"],
    )
    names = np.array(corpus.attributes["classes"])
    return plotting.class_figure(
        points=projection[method],
        findings=findings,
        images=corpus["image"][attribution["image"]],
        heatmaps=attribution["heatmap"],
        prediction=names[attribution["prediction"]].tolist(),
        rank=attribution["rank"],
        title=_title(row),
        samples=settings["samples"],
    )


def _title(row: Mapping[str, Any]) -> str:
    return f"class {row['name']}: rank {row['rank']}, tau {row['tau']:.3g} (n = {row['n']})"
