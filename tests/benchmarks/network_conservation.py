"""What is conserved in each of torchvision's classifiers, and how fast it is explained on a CPU.

    python tests/benchmarks/network_conservation.py                        all, the smallest first
    python tests/benchmarks/network_conservation.py resnet18 vit_b_32      these
    python tests/benchmarks/network_conservation.py timm:deit_tiny_patch16_224   one of timm's
    python tests/benchmarks/network_conservation.py --memory 12            at most 12 GiB a network
    python tests/benchmarks/network_conservation.py --side 112 vgg19       images of 112 x 112

Weights, biases and statistics of norms are drawn with seed 0, and so is the image, which has
structures of every size and the side that the network is usually given. For each network:

- rewriting: seconds of the processor until the network is in the form that the rules are made for;
- outputs: largest difference of the logits of both forms, by their range; where it is 1e-5 or more, in
  double precision too;
- conserved: sum of relevance over the logit, biases being zero (composite ``epsilon_plus_flat``);
- engine, and how far the fast engine's map is from zennit's, by its range;
- seconds: of the processor, for the map of one image on one thread (another program's do not count).

Each network has a process of its own, whose memory is bounded. A network that does not fit, or that
fails, has the reason in its row.
"""

import argparse
import gc
import multiprocessing
import os
import platform
import re
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
import torch
from numpy.typing import NDArray

from unhans.attribution import check
from unhans.attribution.explainer import Explainer
from unhans.images.transform import IMAGENET
from unhans.networks import canonizers, registry
from unhans.networks.inference import evaluating

from torchvision import models  # isort: skip - after unhans has declared its operators

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from drawn_networks import drawn, pictures

HEAD = "| network | parameters | rewriting, s | outputs | conserved | engine | seconds an image |"
SIDES = {"inception_v3": 299}
CLASSES = 1000
TIMM = "timm:"
ROUNDING = 1e-5
"""Difference of the logits in single precision from which double precision is asked."""


def names() -> list[str]:
    """Every classifier, the fastest first."""
    cost = {"efficientnet_lite0": 0.4}
    for name in models.list_models(module=models):
        cost[name] = models.get_model_weights(name).DEFAULT.meta["_ops"]
    return sorted(cost, key=cost.__getitem__)


def image(side: int) -> NDArray[np.float32]:
    """One image."""
    found: NDArray[np.float32] = pictures(1, side).numpy()
    return found


def of_timm(name: str) -> registry.Network:
    """One of timm's networks, for images of the size that it is usually given."""
    import timm

    torch.manual_seed(0)
    module = timm.create_model(name, num_classes=CLASSES).eval()
    side = module.default_cfg["input_size"][-1]
    transform = replace(IMAGENET, resize=side, crop=side)
    return registry.Network(module, canonizers.generic, transform, CLASSES, "")


def made(name: str, side: int) -> registry.Network:
    """A network with drawn weights."""
    if name.startswith(TIMM):
        network = of_timm(name.removeprefix(TIMM))
        side = network.transform.crop  # type: ignore[union-attr]
    else:
        network = registry.load(name, seed=0, classes=CLASSES)
    drawn(network.module, pictures(4, side, seed=1))
    return network


def measured(name: str, side: int) -> list[str]:
    """The cells of a network's row."""
    side = side or SIDES.get(name, 224)
    network = made(name, side)
    batch = image(network.transform.crop if name.startswith(TIMM) else side)  # type: ignore[union-attr]
    weights = sum(parameter.numel() for parameter in network.module.parameters()) / 1e6
    start = time.process_time()
    form = check._form(network)
    rewriting = time.process_time() - start
    if form is None:
        return [name, f"{weights:.1f} M", "cannot be traced", "", "", "", ""]
    outputs = differing(network, form, batch)
    shares = conserved(network, form, batch)
    del form
    gc.collect()
    explainer = Explainer(network, check.COMPOSITE)
    seconds, found = timed(explainer, batch)
    engine = f"zennit ({lacking(str(explainer))})"
    if not explainer.fallback:
        _, expected = timed(Explainer(network, check.COMPOSITE, "zennit"), batch, once=True)
        apart = np.abs(found - expected).max() / np.abs(expected).max()
        engine = f"fast, {apart:.0e}"
    said = f"{outputs:.0e}"
    if float(said) >= ROUNDING:
        network.module.double()
        double = differing(network, check._form(network), batch.astype(np.float64))
        said += f" ({double:.0e} in double precision)"
    return [
        *(name, f"{weights:.1f} M", f"{rewriting:.2f}", said, f"{shares:.4f}"),
        *(engine, f"{seconds:.2f}"),
    ]


def lacking(said: str) -> str:
    """Name the first layer or call that the fast engine has no rule for."""
    if "cannot be traced" in said:
        return "cannot be traced"
    found = re.search(r"(?: calls | is an? )(\w+)", said)
    return found[1] if found else said.removeprefix("by zennit (").partition(")")[0]


def differing(network: registry.Network, form: Any, batch: NDArray[np.floating]) -> float:
    """Largest difference of the logits of both forms, by their range."""
    with torch.no_grad(), evaluating(network.module):
        given, found = (one(torch.from_numpy(batch)) for one in (network.module, form.module))
    return float((given - found).abs().max() / (given.max() - given.min()))


def conserved(network: registry.Network, form: Any, batch: NDArray[np.float32]) -> float:
    """Sum of relevance over the logit, biases being zero."""
    explainer = Explainer(network, check.COMPOSITE)
    with evaluating(network.module):
        stages = check._stages(network, form, explainer, batch)
    return float(stages[-1].share)


def timed(
    explainer: Explainer, batch: NDArray[np.float32], once: bool = False
) -> tuple[float, NDArray[np.float32]]:
    """Seconds for a map, and the map; the least of three where it is fast."""
    found = []
    with explainer as explain:
        while not found or (len(found) < 3 and sum(found) < 20 and not once):
            start = time.process_time()
            heatmap = explain(batch, np.zeros(len(batch), dtype=np.int64)).heatmap
            found.append(time.process_time() - start)
    return min(found), heatmap


def in_child(name: str, side: int, gib: float, queue: Any) -> None:
    """Measure in a process of its own."""
    limit = int(gib * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        queue.put(measured(name, side))
    except (MemoryError, RuntimeError) as error:
        reason = str(error).strip().split("\n")[0]
        full = isinstance(error, MemoryError) or "can't allocate memory" in reason
        reason = f"more than {gib:g} GiB of memory" if full else reason
        queue.put([name, f"not measured: {reason}", *[""] * 5])
    except Exception as error:  # any network may fail in a way of its own
        queue.put([name, f"fails: {type(error).__name__}: {error}", *[""] * 5])


def rows(chosen: list[str], side: int, gib: float) -> Iterator[list[str]]:
    """One row a network."""
    context = multiprocessing.get_context("fork")
    for name in chosen:
        queue = context.SimpleQueue()
        child = context.Process(target=in_child, args=(name, side, gib, queue))
        child.start()
        child.join()
        lost = [name, f"not measured: its process ended with {child.exitcode}", *[""] * 5]
        yield lost if queue.empty() else queue.get()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    parser.add_argument("networks", nargs="*", help="by default all")
    parser.add_argument(
        "--side", type=int, default=0, help="of the image; by default the usual one"
    )
    parser.add_argument("--memory", type=float, default=round(there / 2, 1), help="GiB a network")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, {platform.machine()}, 1 thread, {options.memory:g} GiB\n")
    print(f"{HEAD}\n|{' --- |' * HEAD.count(' | ')} --- |", flush=True)
    for row in rows(options.networks or names(), options.side, options.memory):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
