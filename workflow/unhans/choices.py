"""Choices: what a configuration offers by name; light, since the plan of a run imports it."""

import os
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Compared = Literal["pixels", "channels", "activations"]
"""What a representation gives to a metric: relevance of pixels, relevance of a layer's channels, or
activations of a layer at its most relevant positions."""


class MetricChoice(NamedTuple):
    """A metric of `unhans.spray.distance`, as the plan of a run needs to know it."""

    options: tuple[str, ...] = ()
    """Keys of the section ``distance`` that the metric takes"""
    reference: str | None = None
    """Metric of all pairs that an audit compares its neighbours with; None: not audited"""
    rival: str | None = None
    """Other metric of upper bounds that an audit also asks, where this one, its reference, is one too"""
    others: bool = False
    """Whether it looks at images of other classes too"""
    compares: tuple[Compared, ...] = ("pixels",)
    """What it compares: channels have no places that mass could be moved between"""


_VECTORS: tuple[Compared, ...] = ("pixels", "channels")
_TRANSPORT = ("mass_fraction", "sign")
_EXACT, _EIGHT_STARTS = "wasserstein_certified", "gromov_wasserstein_reference"

METRICS: Mapping[str, MetricChoice] = {
    "euclidean": MetricChoice(compares=_VECTORS),
    "hellinger": MetricChoice(compares=_VECTORS),
    "cosine": MetricChoice(compares=_VECTORS),
    "local_features": MetricChoice(("device",), others=True, compares=("activations",)),
    "wasserstein": MetricChoice(("n_candidates", *_TRANSPORT, "p"), _EXACT),
    "wasserstein_certified": MetricChoice(("n_candidates", *_TRANSPORT, "p")),
    "sliced_wasserstein": MetricChoice((*_TRANSPORT, "p"), _EXACT),
    "gromov_wasserstein": MetricChoice(
        (
            *("n_candidates", *_TRANSPORT, "normalise"),
            *("n_atoms", "max_points", "thorough", "device"),
        ),
        _EIGHT_STARTS,
    ),
    "gromov_wasserstein_fast": MetricChoice(
        ("n_candidates", *_TRANSPORT, "normalise", "n_atoms", "device"), _EIGHT_STARTS
    ),
    "gromov_wasserstein_matrix": MetricChoice(
        (*_TRANSPORT, "normalise", "n_atoms", "device"), _EIGHT_STARTS
    ),
    "gromov_wasserstein_reference": MetricChoice(
        (*_TRANSPORT, "normalise"), rival="gromov_wasserstein"
    ),
    "sliced_gromov_wasserstein": MetricChoice((*_TRANSPORT, "normalise", "n_atoms"), _EIGHT_STARTS),
}
"""The metrics of unhans: one row for each module of `unhans.spray.distance`."""


def metric_choice(metric: str) -> MetricChoice:
    """Look up a metric; one of a user's own takes no options and is not audited.

    Parameters
    ----------
    metric : str
        Name of a metric of unhans, or of one of the user's own.

    Returns
    -------
    MetricChoice
    """
    return METRICS.get(metric, MetricChoice(compares=_VECTORS))


def is_own_metric(metric: str) -> bool:
    """Tell whether a metric is a function of a user's own, ``package.module.function``.

    Parameters
    ----------
    metric : str
        Name of the metric.

    Returns
    -------
    bool
    """
    return "." in metric


STEP_VALUES: Mapping[str, str] = {"sum_pool": "size", "layer": "layer", "activations": "layer"}
"""Key of the value that a step of a representation takes."""


def spelled_out(step: Any) -> Any:
    """Spell a step of a representation out, as ``{"step": "sum_pool", "size": 7}``.

    Parameters
    ----------
    step : str, (str, value) or mapping
        Its name, its name and value, or ``{name: value}``.

    Returns
    -------
    dict
        Anything that is no such step is returned as it is.

    """
    if isinstance(step, Mapping):
        if len(step) != 1 or "step" in step:
            return step
        step = next(iter(step.items()))
    if isinstance(step, str):
        return {"step": step}
    if not isinstance(step, tuple | list) or len(step) != 2 or not isinstance(step[0], str):
        return step
    name, value = step
    return {"step": name, STEP_VALUES.get(name, "size"): value}


ArtefactKind = Literal[
    "corner", "border", "bar", "texture", "shift", "corners", "random_mark", "turned_mark", "noise"
]
MarkGroup = Literal["fixed", "random", "whole", "object"]
"""Where a mark lies in photographs: at a fixed place, at random ones, all over the image, or as a second
object beside that of the class."""


class MarkChoice(NamedTuple):
    """A mark in photographs, as the grid of the benchmark needs to know it."""

    group: MarkGroup
    published: bool
    """Used in published tables alone; the others are those that detection is developed with"""


PhotoMark = Literal[
    "text",
    "badge",
    "letterbox",
    "disc",
    "star",
    "portrait",
    "warm",
    "jpeg_10",
    "dusk",
    "faded",
    "ball",
    "caption",
    "emblem",
    "pillarbox",
    "frame",
    "label",
    "stroke",
    "pagoda",
    "cool",
    "jpeg_15",
    "blur",
    "noise",
    "fog",
    "flower",
]
PHOTO_MARKS: Mapping[PhotoMark, MarkChoice] = {
    "text": MarkChoice("fixed", published=False),
    "badge": MarkChoice("fixed", published=False),
    "letterbox": MarkChoice("fixed", published=False),
    "disc": MarkChoice("random", published=False),
    "star": MarkChoice("random", published=False),
    "portrait": MarkChoice("random", published=False),
    "warm": MarkChoice("whole", published=False),
    "jpeg_10": MarkChoice("whole", published=False),
    "dusk": MarkChoice("whole", published=False),
    "faded": MarkChoice("whole", published=False),
    "ball": MarkChoice("object", published=False),
    "caption": MarkChoice("fixed", published=True),
    "emblem": MarkChoice("fixed", published=True),
    "pillarbox": MarkChoice("fixed", published=True),
    "frame": MarkChoice("fixed", published=True),
    "label": MarkChoice("random", published=True),
    "stroke": MarkChoice("random", published=True),
    "pagoda": MarkChoice("random", published=True),
    "cool": MarkChoice("whole", published=True),
    "jpeg_15": MarkChoice("whole", published=True),
    "blur": MarkChoice("whole", published=True),
    "noise": MarkChoice("whole", published=True),
    "fog": MarkChoice("whole", published=True),
    "flower": MarkChoice("object", published=True),
}
"""The marks of `unhans.images.photo_marks`."""

Placement = Literal["fixed", "free", "whole", "overlay"]
"""How an artefact is put into images: at the same pixels, at a random place, added all over the image,
or added where its details are."""

_HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")

WHOLE_CHANGES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "framing": {"zoom": (0.1, 1), "pad": (0.1, 1)},
    "colour": {
        **{f"cast_{hue}": (0, 0.5) for hue in _HUES},
        **{"grey": (0, 1), "brighter": (0, 0.5), "darker": (0, 0.5)},
    },
    "frequency": {
        **{"blur": (0, 20), "sharpen": (0, 10), "low_frequencies": (0, 1)},
        **{"high_frequencies": (0, 1), "noise": (0, 0.5), "jpeg": (1, 95)},
    },
    "noise": {"noise": (0, 0.5)},
    "compression": {"jpeg": (1, 95)},
}
"""Changes of whole images that can be accepted as artefacts, by kind, each with the range of its
strength; see `images.changes.catalogue`."""

RESTORED = ("noise", "compression")
"""Kinds of these that a learned denoiser takes out; see `correction.restoration`."""

CompositeName = Literal[
    "epsilon_plus_flat",
    "epsilon_plus",
    "epsilon_alpha2_beta1_flat",
    "epsilon_alpha2_beta1",
    "epsilon_gamma_box",
    "epsilon_gamma_flat",
]
PRETRAINED = (
    "efficientnet_lite0",
    "alexnet",
    *(f"vgg{depth}{norm}" for norm in ("", "_bn") for depth in (11, 13, 16, 19)),
    *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
    *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    *("wide_resnet50_2", "wide_resnet101_2"),
    *(f"densenet{depth}" for depth in (121, 161, 169, 201)),
    *("googlenet", "inception_v3", "squeezenet1_0", "squeezenet1_1"),
    *("mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large"),
    *(f"mnasnet{width}" for width in ("0_5", "0_75", "1_0", "1_3")),
    *(f"shufflenet_v2_x{width}" for width in ("0_5", "1_0", "1_5", "2_0")),
    *(f"efficientnet_b{size}" for size in range(8)),
    *(f"efficientnet_v2_{size}" for size in "sml"),
    *(
        f"regnet_{kind}_{size}"
        for kind in "xy"
        for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")
    ),
    "regnet_y_128gf",
    *(f"convnext_{size}" for size in ("tiny", "small", "base", "large")),
    *(f"swin_{version}{size}" for version in ("", "v2_") for size in "tsb"),
    *("maxvit_t", "vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14"),
)
"""Networks for photographs that are known by name: EfficientNet-Lite0 and torchvision's classifiers."""

DisplayName = Literal["umap", "tsne"]
EstimatorName = Literal["mean_difference", "ridge", "svm"]
MethodName = Literal[
    "fine_tuning",
    "cleaning",
    "cleaning_half",
    "p_clarc",
    "p_clarc_reactive",
    "a_clarc",
    "a_clarc_half",
    "restored",
    "spufix",
    "spufix_inserted",
    "leace",
    "dfr",
    "rr_clarc",
]
"""Methods that correct a network for an artefact."""


WEIGHT_FILES = (".safetensors", ".pth", ".pt", ".ckpt", ".bin", ".pth.tar", ".tar", ".pkl", ".th")
"""Ends of the names of files of weights; their content says what they hold."""


def is_weight_file(weights: str | os.PathLike[str] | None) -> bool:
    """Whether weights are named by a local file and not by a published name.

    Parameters
    ----------
    weights : str, path or None
        As the config names them.

    Returns
    -------
    bool

    """
    return weights is not None and os.fspath(weights).lower().endswith(WEIGHT_FILES)
