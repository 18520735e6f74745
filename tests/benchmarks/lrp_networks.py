"""LRP of several networks beside zennit, autoLRP and a plain forward and input gradient, in one run.

    pip install --no-deps autolrp==0.2.0
    python tests/benchmarks/lrp_networks.py vgg16 resnet50 efficientnet_lite0

Weights are random, images are noise. The fast engine and zennit compute the same composite, on networks
that were rewritten before the clock starts. autoLRP, raced where it is installed, computes z+ in
convolutions and epsilon elsewhere: it has no flat rule for the first layer. All take turns.
"""

import argparse
import copy
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import torch
from lrp_engine import Contender, made, measured, plain
from torch import Tensor, nn

from unhans.attribution.explainer import Explainer
from unhans.networks import registry

try:
    import autolrp
except ImportError:
    autolrp = None

COMPOSITE = "epsilon_plus_flat"


def by_explainer(explain: Explainer) -> Contender:
    """Return the relevance of the pixels by an open explainer."""

    def run(batch: Tensor, targets: Tensor) -> Tensor:
        return torch.from_numpy(explain(batch.numpy(), targets.numpy()).heatmap)

    return run


def by_autolrp(model: nn.Module) -> Contender:
    """Return the relevance of the pixels by autoLRP."""
    config = autolrp.LRPConfig.composite()

    def run(batch: Tensor, targets: Tensor) -> Tensor:
        images = autolrp.tensor(batch.clone())
        output = model(images)
        output[torch.arange(len(batch)), targets].sum().lrp(config=config)
        return torch.as_tensor(images.relevance).sum(1)

    return run


def race(name: str, batch: tuple[Tensor, Tensor], repeats: int, say: Callable[[str], None]) -> None:
    """Print the seconds and the ratios of a network."""
    network = registry.load(name, None, classes=1000)
    with ExitStack() as stack:
        theirs = replace(network, module=copy.deepcopy(network.module))
        contenders: dict[str, Contender] = {
            "plain forward + input gradient": plain(copy.deepcopy(network.module).eval()),
            "fast engine": by_explainer(stack.enter_context(Explainer(network, COMPOSITE))),
            "zennit": by_explainer(stack.enter_context(Explainer(theirs, COMPOSITE, "zennit"))),
        }
        if autolrp is not None:
            alone = copy.deepcopy(registry.load(name, None, classes=1000).module).eval()
            contenders["autoLRP composite"] = by_autolrp(alone)
        seconds = measured(contenders, *batch, repeats)
        ours, expected = (contenders[one](*batch).numpy() for one in ("fast engine", "zennit"))
    apart = np.abs(ours - expected).max() / np.abs(expected).max()
    first = seconds["plain forward + input gradient"][0]
    say(f"{name}: fast engine and zennit differ by {apart:.1e} of the maximum")
    for contender, (middle, least, most) in seconds.items():
        say(f"  {contender:32}{middle:8.2f} s ({least:.2f} to {most:.2f}){middle / first:8.2f}")


def main() -> None:
    """Race the networks that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    for name in asked.networks:
        race(name, made(asked.batch, asked.size, "cpu"), asked.repeats, print)


if __name__ == "__main__":
    main()
