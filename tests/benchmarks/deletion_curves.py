"""Deletion curves: how fast the target's logit falls when the most relevant places go first.

    python tests/benchmarks/deletion_curves.py                          digits alone
    python tests/benchmarks/deletion_curves.py --images FOLDER_OR_TAR   and EfficientNet-Lite0
        [--squeezenet squeezenet1_1.safetensors]                        and SqueezeNet 1.1

Each image is explained for the class that the network predicts. Blocks of pixels are replaced, the block
with the most relevance first, until nothing is left of the image: by the image's mean colour, by the
image blurred, or by the same block of another image. The table has, for each of these, the mean of the
curve over all steps and images (less is better): of the target's probability, and of its logit less that
of the whole image. *Below random* is the fraction of images whose mean logit is lower than in random
order (the mean of three).

Networks: the digits network, a small vision transformer on digits, with random weights and briefly
trained, EfficientNet-Lite0 with ImageNet's weights and SqueezeNet 1.1 with those of
`squeezenet_weights.py`. Blocks are 2 x 2 pixels in the digits network, a patch in the transformer and
8 x 8 pixels in photographs.
"""

import argparse
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from torch import Tensor, nn

from unhans.attribution.explainer import Explainer
from unhans.images import digits
from unhans.images.transform import Changes, Transform
from unhans.networks import canonizers, registry, small, training
from unhans.networks.registry import Network

STEPS = 14
RANDOM = 3
Batch = NDArray[np.float32]


class Block(nn.Module):
    """A layer of a transformer: attention and two dense layers, each with a norm before it."""

    def __init__(self, wide: int, heads: int) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(wide), nn.LayerNorm(wide)
        self.attention = nn.MultiheadAttention(wide, heads, batch_first=True)
        self.dense = nn.Sequential(nn.Linear(wide, 2 * wide), nn.GELU(), nn.Linear(2 * wide, wide))

    def forward(self, x: Tensor) -> Tensor:
        """Run the layer on (n, tokens, wide)."""
        y = self.first(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        found: Tensor = x + self.dense(self.second(x))
        return found


class Transformer(nn.Module):
    """A vision transformer for digits: 49 patches of 4 x 4 pixels and a class token."""

    def __init__(self, wide: int = 48, depth: int = 3) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, wide, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, wide) * 0.02)
        self.places = nn.Parameter(torch.randn(1, 50, wide) * 0.02)
        self.blocks = nn.Sequential(*(Block(wide, 4) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(wide), nn.Linear(wide, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Compute logits of (n, 1, 28, 28)."""
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(x), -1, -1), tokens], dim=1) + self.places
        found: Tensor = self.head(self.norm(self.blocks(tokens))[:, 0])
        return found


def by_relevance(composite: str) -> Callable[[Network, Batch, NDArray[np.int64]], Batch]:
    """Maps of a composite."""

    def explained(network: Network, images: Batch, targets: NDArray[np.int64]) -> Batch:
        with Explainer(network, composite) as explain:
            parts = [
                explain(images[i : i + 4], targets[i : i + 4]) for i in range(0, len(images), 4)
            ]
        return np.concatenate([part.heatmap for part in parts])

    return explained


def gradient_times_input(network: Network, images: Batch, targets: NDArray[np.int64]) -> Batch:
    """The gradient of the target's logit times the input, summed over channels."""
    maps = []
    for start in range(0, len(images), 4):
        batch = torch.from_numpy(images[start : start + 4]).requires_grad_()
        chosen = torch.from_numpy(targets[start : start + 4])[:, None]
        (slope,) = torch.autograd.grad(network.module(batch).gather(1, chosen).sum(), batch)
        maps.append((slope * batch).sum(1).detach().numpy())
    return np.concatenate(maps)


METHODS: Mapping[str, Callable[[Network, Batch, NDArray[np.int64]], Batch]] = {
    "unhans, epsilon_plus_flat": by_relevance("epsilon_plus_flat"),
    "unhans, epsilon_plus": by_relevance("epsilon_plus"),
    "unhans, epsilon_gamma_flat": by_relevance("epsilon_gamma_flat"),
    "gradient x input": gradient_times_input,
}


def blocks(maps: Batch, size: int) -> Batch:
    """Sums over blocks: (n, blocks)."""
    n, side = len(maps), maps.shape[-1] // size
    return maps.reshape(n, side, size, side, size).sum(axis=(2, 4)).reshape(n, -1)


REMOVALS: Mapping[str, Callable[[Batch], Batch]] = {
    "mean colour": lambda images: images.mean(axis=(2, 3), keepdims=True),
    "blurred": lambda images: ndimage.gaussian_filter(images, (0, 0, *(images.shape[-1] / 7,) * 2)),
    "another image": lambda images: np.roll(images, 1 + len(images) // 3, axis=0),
}
"""What blocks are replaced by."""


def curve(
    network: Network,
    images: Batch,
    instead: Batch,
    targets: NDArray[np.int64],
    order: NDArray[np.int64],
    size: int,
) -> tuple[Batch, Batch]:
    """Probability and logit of the target after each step: (n, steps) each.

    ``order`` has the blocks of each image, those that go first in front.
    """
    n, _, side, _ = images.shape
    wide = side // size
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(order.shape[1]), order.shape), axis=1)
    rank = rank.reshape(n, 1, wide, wide).repeat(size, axis=2).repeat(size, axis=3)
    own = np.arange(n)
    probability, logit = [], []
    for step in range(STEPS + 1):
        gone = rank < step * order.shape[1] / STEPS
        given = torch.from_numpy(np.where(gone, instead, images).astype(np.float32))
        with torch.no_grad():
            found = network.module(given)
        probability.append(torch.softmax(found, dim=1).numpy()[own, targets])
        logit.append(found.numpy()[own, targets])
    return np.stack(probability, axis=1), np.stack(logit, axis=1)


def compared(
    network: Network, images: Batch, size: int
) -> Iterator[tuple[str, list[tuple[float, float, float]]]]:
    """Name of each method, and of each removal probability, change of the logit and wins over random."""
    network.module.eval()
    with torch.no_grad():
        targets = network.module(torch.from_numpy(images)).argmax(dim=1).numpy()
    replaced = [make(images) for make in REMOVALS.values()]

    def measured(order: NDArray[np.int64]) -> list[Batch]:
        curves = [curve(network, images, one, targets, order, size) for one in replaced]
        return [
            np.stack([probability.mean(axis=1), (logit - logit[:, :1]).mean(axis=1)])
            for probability, logit in curves
        ]

    generator = np.random.default_rng(0)
    count = (images.shape[-1] // size) ** 2
    drawn = [
        generator.permuted(np.tile(np.arange(count), (len(images), 1)), axis=1)
        for _ in range(RANDOM)
    ]
    chance = np.mean([measured(order) for order in drawn], axis=0)
    yield "random order", [(*one.mean(axis=1), np.nan) for one in chance]
    for name, method in METHODS.items():
        relevance = blocks(method(network, images, targets), size)
        found = measured(np.argsort(-relevance, axis=1, kind="stable"))
        wins = [float(np.mean(one[1] < usual[1])) for one, usual in zip(found, chance, strict=True)]
        yield name, [(*one.mean(axis=1), won) for one, won in zip(found, wins, strict=True)]


def digit_networks() -> Iterator[tuple[str, Network, Batch, int]]:
    """Networks for digits, with held-out images and the side of a block."""
    corpus = digits.build(per_class=200, validation=0.25, seed=0, planted=[])
    inputs = digits.as_inputs(corpus.images)
    shown = inputs[corpus.validation][::5]
    settings = {"batch_size": 32, "learning_rate": 2e-3, "seed": 0}
    for name, make, epochs, size in (
        ("small_vgg, digits", lambda: small.build("small_vgg", 10, 0), 6, 2),
        ("small transformer, random weights", Transformer, 0, 4),
        ("small transformer, trained", Transformer, 12, 4),
    ):
        torch.manual_seed(0)
        module = make()
        if epochs:
            schedule = training.Schedule(epochs=epochs, **settings)
            training.train(module, inputs, corpus.label, corpus.validation, schedule)
        module.eval()
        with torch.no_grad():
            answers = module(torch.from_numpy(inputs[corpus.validation])).argmax(1).numpy()
        right = float(np.mean(answers == corpus.label[corpus.validation]))
        said = f"{name} ({right:.0%} of held-out digits right)" if epochs else name
        yield said, Network(module, canonizers.generic, None, 10, ""), shown, size


def photographs(path: Path, transform: Transform, count: int, start: int) -> Batch:
    """Images of a folder or a tar file, spread evenly over its names, from a place on."""
    endings = (".jpeg", ".jpg", ".png")

    def spread(names: list[str]) -> list[str]:
        return names[start :: max(1, len(names) // count)][:count]

    if path.is_dir():
        names = sorted(str(one) for one in path.rglob("*") if one.suffix.lower() in endings)
        return np.stack([transform(Image.open(name)) for name in spread(names)])
    with tarfile.open(path) as tar:
        names = sorted(name for name in tar.getnames() if name.lower().endswith(endings))
        read = [tar.extractfile(name) for name in spread(names)]
        return np.stack([transform(Image.open(io.BytesIO(one.read()))) for one in read if one])


def photograph_networks(squeezenet: Path | None) -> Iterator[tuple[str, Network]]:
    """Networks for photographs, those whose weights are there."""
    named: dict[str, tuple[str | Path, Changes | None]] = {
        "efficientnet_lite0": ("IMAGENET1K_V1", None)
    }
    if squeezenet is not None:
        mean, std = (0.48503, 0.45796, 0.40761), (0.00392157,)
        named["squeezenet1_1"] = squeezenet, Changes(256, 224, mean, std)
    for name, (weights, changes) in named.items():
        try:
            yield name, registry.load(name, weights, transform=changes)
        except Exception as error:  # its weights may not be there
            print(f"{name} is left out: {error}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, help="folder or tar file of photographs")
    parser.add_argument("--photographs", type=int, default=20, help="how many are explained")
    parser.add_argument("--start", type=int, default=0, help="place of the first in their order")
    parser.add_argument("--squeezenet", type=Path, help="weights of SqueezeNet 1.1")
    options = parser.parse_args()
    heads = [f"{name}: probability | logit | below random" for name in REMOVALS]
    print("| network | order | images | " + " | ".join(heads) + " |")
    print("| --- |" + " --- |" * (2 + 3 * len(REMOVALS)), flush=True)
    cases = list(digit_networks())
    if options.images:
        for name, network in photograph_networks(options.squeezenet):
            assert network.transform is not None
            shown = photographs(
                options.images, network.transform, options.photographs, options.start
            )
            cases.append((f"{name}, ImageNet", network, shown, 8))
    for name, network, shown, size in cases:
        for order, found in compared(network, shown, size):
            cells = [f"{p:.3f} | {z:.2f} | {won:.0%}".replace("nan%", "") for p, z, won in found]
            print("| " + " | ".join((name, order, str(len(shown)), *cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
