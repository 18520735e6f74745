"""Contents: what the figures and tables of Anders et al. 2019 (arXiv:1912.11425v1) show."""

from collections.abc import Mapping

FIGURES: Mapping[int, str] = {
    1: "Overview of the method.",
    2: "Spectral clustering of a toy example: affinity, eigenvalues, spectral embedding, clusters.",
    3: "Barycentres of four moved images, weighted by the distance to each corner of a grid: "
    "euclidean, Wasserstein, Gromov-Wasserstein.",
    4: "The class of highest and the class of lowest tau in the plane, with samples of a cluster.",
    5: "Clusters of classes under a Gromov-Wasserstein distance.",
    6: "Clusters of classes with an artefact.",
    7: "An artefact added to images of other classes: relevance for the artefact's class before and "
    "after.",
    8: "Training and validation images of a class in the plane, and a cluster as each split shows it.",
    9: "An artefact, isolated: an image with it, the relevance of the network as it was, and the "
    "artefact alone.",
    10: "Un-Hansing: relevance after some epochs of training on subset A (images as they are) and subset "
    "B (the artefact in all of them).",
    11: "The same images with an artefact under several networks, one row a network.",
    12: "Un-Hansing of an artefact at a fixed place.",
    13: "Un-Hansing of an artefact that is placed anew in each sample of each batch.",
    14: "Un-Hansing of a pattern over the whole image.",
}
"""Captions by number."""

TABLES: Mapping[int, str] = {
    1: "Classes of highest and of lowest tau.",
    2: "Un-Hansing: accuracy after training on subsets A and B.",
    3: "An artefact put into images of other classes: change of rank and of probability of its class.",
    4: "An artefact taken out of images of its class: the same changes.",
}
"""The same for tables."""

CLUSTERS: Mapping[int, tuple[str, ...]] = {
    4: (),
    5: ("n01622779", "n01728920"),
    6: ("n04325704", "n03417042", "n04317175", "n03598930", "n03792782"),
    8: ("n03598930",),
}
"""WordNet ids of the classes that a figure of clusters shows in the paper. Of figure 5 great grey owl and
ring-neck snake; of 6 stole, garbage truck, stethoscope, jigsaw puzzle and mountain bike; of 8 jigsaw
puzzle. Figure 4 shows the classes of highest and of lowest tau."""

UNHANSED: Mapping[int, tuple[str, str]] = {
    9: ("n03417042", "watermark"),
    10: ("n03417042", "watermark"),
    12: ("n04325704", "rounded corners"),
    13: ("n04325704", "mannequin head"),
    14: ("n03598930", "jigsaw pattern"),
}
"""Class and artefact that a figure un-Hanses in the paper."""

KINDS: Mapping[int, tuple[str, ...]] = {
    9: ("fixed", "overlay"),
    10: ("fixed", "overlay"),
    12: ("fixed", "overlay"),
    13: ("free",),
    14: ("whole",),
}
"""Kinds of accepted artefacts that take the place of these, where the corpus lacks the class."""
