"""Figures of made-up classes, and rankings, for the tests of pictures."""

from functools import cache

import numpy as np
import pandas as pd
from scipy import ndimage
from sklearn.datasets import load_sample_images

from unhans.reporting.figures import style
from unhans.reporting.figures.class_figure import MarkedGroup, class_figure
from unhans.reporting.figures.splits import split_figure
from unhans.spray.conductance import Finding

PNG = b"\x89PNG\r\n\x1a\n"


HOSTILE = "$\\frac{$ </svg>\n\t\x00 a very long name of a class"


def class_of(n, findings, color=False, samples=4, name="8", random=None):
    random = random or np.random.default_rng(0)
    shape = (n, 12, 10, 3) if color else (n, 12, 10)
    return class_figure(
        points=random.normal(size=(n, 2)),
        findings=findings,
        images=random.integers(0, 256, size=shape).astype(np.uint8),
        heatmaps=random.normal(size=(n, 12, 10)),
        prediction=[name] * n,
        rank=np.arange(1, n + 1),
        title=f"class {name} — rank 1",
        samples=samples,
    )


def class_of_photographs(n, findings, images=None, samples=4, name="garbage truck", side=224):
    random = np.random.default_rng(0)
    images = photographs(n, side) if images is None else images
    return class_figure(
        points=random.normal(size=(n, 2)),
        findings=findings,
        images=images,
        heatmaps=smooth_maps(n, side),
        prediction=[name] * n,
        rank=np.ones(n, dtype=int),
        title=f"class {name}: rank 1, tau 1.23 (n = {n})",
        samples=samples,
    )


@cache
def smooth_maps(n, side):
    noise = np.random.default_rng(0).normal(size=(n, side, side))
    return ndimage.gaussian_filter(noise, (0, 10, 10))


@cache
def photographs(n, side=224):
    """Parts of two real photographs."""
    sources = load_sample_images().images
    places = np.random.default_rng(0).integers(0, 427 - side, size=(n, 2))
    parts = [
        sources[at % 2][top : top + side, left : left + side]
        for at, (top, left) in enumerate(places)
    ]
    return np.array(parts)


def split_of(n, names, title="class 8", random=None):
    random = random or np.random.default_rng(0)
    return split_figure(
        random.normal(size=(n, 2)), random.integers(0, len(names), size=n), names, title
    )


def finding(members, score=0.03):
    note = Finding(row=0, cluster=0, members=np.asarray(members), conductance=score).note
    return MarkedGroup(np.asarray(members), note)


def texts(figure):
    return [text.get_text() for text in figure.texts]


def notes(axes):
    return [text.get_text() for text in axes.texts]


def ranking(analyses=1, classes=5, **columns):
    rows = [
        {
            **{"corpus": "digits", "model": "small_vgg", "composite": "epsilon_plus_flat"},
            **{"representation": f"pooled{at}", "metric": "euclidean", "knn": 10, "q": 32},
            **{"class": str(place), "name": str(place), "n": 50, "tau": 2 - place / classes},
            **{"rank": place + 1},
        }
        for at in range(analyses)
        for place in range(classes)
    ]
    return pd.DataFrame(rows).assign(**columns)


def saved(figure, path):
    style.save(figure, path, dpi=50)
    return path.read_bytes()


class Files:
    """Images read one at a time, some of them gone; counts what is read."""

    def __init__(self, images, gone=(), error=OSError):
        self.images, self.gone, self.error, self.read = images, set(gone), error, []

    def __len__(self):
        return len(self.images)

    def __getitem__(self, place):
        assert type(place) is int
        self.read.append(place)
        if place in self.gone:
            raise self.error("gone")
        return self.images[place]
