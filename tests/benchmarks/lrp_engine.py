"""LRP of VGG-16 beside zennit and beside a plain forward and input gradient, in one run.

    python tests/benchmarks/lrp_engine.py                  CPU, batch 8, float32
    python tests/benchmarks/lrp_engine.py --device cuda    images a second, batches 32, 64 and 128
    python tests/benchmarks/lrp_engine.py --threads 1 --processor    on a machine that others use, too

Weights are random, images are noise: the time depends on neither. Every contender runs once to warm
up and then takes turns with the others, so that a busy machine slows all alike; medians count.
The difference is that of the relevance, from zennit's EpsilonPlusFlat, relative to the greatest
absolute value of each map.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional

from unhans.attribution.lrp.engine import Engine

from torchvision.models import vgg16  # isort: skip - unhans lets torchvision be imported
from zennit.attribution import Gradient
from zennit.composites import EpsilonPlusFlat, SpecialFirstLayerMapComposite, layer_map_base
from zennit.core import Composite
from zennit.rules import AlphaBeta, Epsilon, Flat
from zennit.types import Convolution, Linear

IMAGENET = 1_281_167
"""Training images of ILSVRC 2012."""

Contender = Callable[[Tensor, Tensor], Tensor]

CLOCK: list[Callable[[], float]] = [time.perf_counter]
"""What measures; seconds of the processor are those of this process alone."""

PLAIN, OURS, PLUS, ALPHA_BETA = (
    *("plain forward + input gradient", "fast engine"),
    *("zennit EpsilonPlusFlat", "zennit AlphaBeta(1, 0)"),
)


def alpha_beta() -> Composite:
    """EpsilonPlusFlat with the two halves of alpha1-beta0 written out."""
    rules = [*layer_map_base(), (Convolution, AlphaBeta(1, 0)), (nn.Linear, Epsilon())]
    return SpecialFirstLayerMapComposite(rules, [(Linear, Flat())])


def plain(model: nn.Module) -> Contender:
    """Return the gradient of the target's logit."""

    def run(batch: Tensor, targets: Tensor) -> Tensor:
        x = batch.clone().requires_grad_()
        output = model(x)
        return torch.autograd.grad(output, x, functional.one_hot(targets, output.shape[1]).float())[
            0
        ]

    return run


def zennit(model: nn.Module, composite: Composite) -> Contender:
    """Return relevance by zennit, its hooks put in before the clock starts."""
    attributor = Gradient(model, composite)

    def run(batch: Tensor, targets: Tensor) -> Tensor:
        def start(output: Tensor) -> Tensor:
            return output.detach() * functional.one_hot(targets, output.shape[1])

        with attributor:
            return attributor(batch.clone().requires_grad_(), start)[1].detach()

    return run


def timed(run: Contender, batch: Tensor, targets: Tensor) -> float:
    """Seconds of one run."""
    wait(batch)
    start = CLOCK[0]()
    run(batch, targets)
    wait(batch)
    return CLOCK[0]() - start


def wait(batch: Tensor) -> None:
    """Let the device come to rest."""
    if batch.is_cuda:
        torch.cuda.synchronize()


def measured(
    contenders: dict[str, Contender], batch: Tensor, targets: Tensor, repeats: int
) -> dict[str, tuple[float, float, float]]:
    """Median, least and greatest seconds of each contender, which take turns."""
    for run in contenders.values():
        timed(run, batch, targets)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, run in contenders.items():
            seconds[name].append(timed(run, batch, targets))
    return {name: (median(found), min(found), max(found)) for name, found in seconds.items()}


def difference(found: Tensor, expected: Tensor) -> float:
    """Greatest difference, relative to the greatest absolute value of each map."""
    scale = expected.abs().amax((1, 2, 3), keepdim=True)
    return float(((found - expected).abs() / scale).max())


def made(batch: int, size: int, device: str) -> tuple[Tensor, Tensor]:
    """Return noise and targets, the same in every run."""
    generator = torch.Generator().manual_seed(batch)
    images = torch.randn(batch, 3, size, size, generator=generator)
    return images.to(device), (torch.arange(batch) * 7 % 1000).to(device)


def compare(contenders: dict[str, Contender], size: int, batch_size: int, repeats: int) -> None:
    """Print ratios on the CPU."""
    batch, targets = made(batch_size, size, "cpu")
    seconds = measured(contenders, batch, targets, repeats)
    expected = contenders[PLUS](batch, targets)
    print(f"batch {batch_size}, {repeats} interleaved repeats, medians\n")
    print(f"{'':32}{'seconds':>9}{'least':>8}{'most':>8}{'ratio':>8}{'difference':>12}")
    for name, (middle, least, most) in seconds.items():
        ratio = middle / seconds[PLAIN][0]
        apart = (
            "" if name == PLAIN else f"{difference(contenders[name](batch, targets), expected):.1e}"
        )
        print(f"{name:32}{middle:9.2f}{least:8.2f}{most:8.2f}{ratio:8.2f}{apart:>12}")
    ours = seconds[OURS][0]
    print(f"\nfast engine: {ours / seconds[PLAIN][0]:.2f} x plain (target: at most 1.5),", end=" ")
    print(f"{seconds[PLUS][0] / ours:.2f} x faster than EpsilonPlusFlat (target: at least 2)")


def throughput(
    contenders: dict[str, Contender], size: int, batch_sizes: list[int], repeats: int
) -> None:
    """Print images a second on a GPU, and the hours that ImageNet would take at that rate."""
    batch, targets = made(min(batch_sizes), size, "cuda")
    expected = contenders[PLUS](batch, targets)
    apart = difference(contenders[OURS](batch, targets), expected)
    print(f"difference from zennit EpsilonPlusFlat: {apart:.1e}\n")
    head = f"{'batch':>6}  {'':32}{'images/s':>10}{'ratio':>8}"
    print(f"{head}{'hours for ImageNet':>20}{'peak GB':>9}")
    for batch_size in batch_sizes:
        batch, targets = made(batch_size, size, "cuda")
        seconds = measured(contenders, batch, targets, repeats)
        for name, (middle, _, _) in seconds.items():
            torch.cuda.reset_peak_memory_stats()
            contenders[name](batch, targets)
            peak = torch.cuda.max_memory_allocated() / 1e9
            rate = batch_size / middle
            print(f"{batch_size:6}  {name:32}{rate:10.0f}{middle / seconds[PLAIN][0]:8.2f}", end="")
            print(f"{IMAGENET / rate / 3600:20.2f}{peak:9.1f}")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--batch", type=int, nargs="+", help="8; on a GPU 32 64 128")
    parser.add_argument("--size", type=int, default=224, help="height and width of an image")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, help="of PyTorch; by default its own choice")
    parser.add_argument("--tf32", action="store_true", help="let a GPU round float32 to 10 bits")
    parser.add_argument("--processor", action="store_true", help="seconds of the processor")
    options = parser.parse_args()
    if options.processor:
        CLOCK[0] = time.process_time
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = options.tf32
    torch.manual_seed(0)
    model = vgg16(weights=None).eval().to(options.device)
    name = torch.cuda.get_device_name() if options.device == "cuda" else platform.processor()
    print(f"VGG-16, {options.size} x {options.size}, float32, torch {torch.__version__}", end=", ")
    print(f"{name or 'CPU'}, {torch.get_num_threads()} threads of {os.cpu_count()} cores")
    with Engine(model) as engine:
        contenders: dict[str, Contender] = {
            PLAIN: plain(model),
            OURS: lambda batch, targets: engine(batch, targets)[0],
            PLUS: zennit(model, EpsilonPlusFlat()),
            ALPHA_BETA: zennit(model, alpha_beta()),
        }
        if options.device == "cpu":
            (batch_size,) = options.batch or [8]
            compare(contenders, options.size, batch_size, options.repeats)
        else:
            throughput(contenders, options.size, options.batch or [32, 64, 128], options.repeats)


if __name__ == "__main__":
    main()
