"""Families: what properties of images and interventions on them have in common."""

from collections.abc import Mapping
from typing import Literal

Family = Literal[
    "framing",
    "border",
    "corners",
    "background",
    "colour",
    "brightness",
    "contrast",
    "sharpness",
    "noise",
    "compression",
    "orientation",
    "text",
    "file",
]
"""Joins a property of the data and an intervention on the network: both are of one family."""

FAMILIES: Mapping[Family, str] = {
    "framing": "how much of the image the object fills, and the shape of the image",
    "border": "uniform borders, and the rim against the middle",
    "corners": "what lies in the corners",
    "background": "what lies around the middle",
    "colour": "mean and spread of colour",
    "brightness": "how light the image is",
    "contrast": "how far light and dark lie apart",
    "sharpness": "fine detail against coarse",
    "noise": "grain",
    "compression": "traces of JPEG",
    "orientation": "where edges and light lie: left or right, top or bottom",
    "text": "what looks like letters",
    "file": "what the file says and a network cannot see",
}
"""What each family is, in words."""

SEEN = "seen"
"""In place of a family: all properties that a network can see."""

UNSEEN: frozenset[Family] = frozenset({"file"})
"""Families that a network cannot see."""

EXCHANGES = frozenset({"scene_of_others"})
"""Interventions that exchange all surroundings, whatever of them tells a class."""

EXTENT: Mapping[Family, int] = {"background": 2, "border": 1}
"""How much an intervention of a family alters, of those that alter places: the surroundings hold the rim,
which holds the corners."""

PARTS = frozenset({"corners_of_others"})
"""Interventions that exchange a part of the surroundings, whatever lies there. That of the rim is none of
them: it moves what goes by a scene as much as a scene does."""

RELATED: Mapping[Family, tuple[Family, ...]] = {
    "framing": ("sharpness",),
    "border": ("corners", "brightness"),
    "corners": ("border",),
    "background": ("border", "colour", "brightness", "contrast", "sharpness"),
    "brightness": ("contrast",),
    "contrast": ("brightness",),
    "sharpness": ("noise", "compression"),
    "noise": ("sharpness",),
    "compression": ("sharpness", "noise"),
}
"""Families of properties that an intervention of a family may show in as well. Enlarged photographs are
blurred, and how large their objects are no property says."""
