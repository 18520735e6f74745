"""What TF32 and bfloat16 in LRP change of heatmaps, of neighbours and of tau.

    python tests/benchmarks/lrp_precision.py --images 200       EfficientNet-Lite0, three classes
    python tests/benchmarks/lrp_precision.py --classes all      all ten, the order by tau as well
    python tests/benchmarks/lrp_precision.py --network digits   the network of the demo
    python tests/benchmarks/lrp_precision.py --network vgg16 --weights none --speed 16

Classes are folders DATA/SYNSET of images. Each batch is explained in turn by the fast engine in
float32 and in bfloat16, so that a busy machine slows both alike. TF32 is that of a GPU, imitated: the
factors of each product are rounded to 10 bits, products are summed in float32. The size of the
difference is compared with these yardsticks, all in float32:

noise     the same images with up to half a grey level added to each value, at random
zennit    the reference implementation, on the first images of a class; neighbours among these
seeds     other starts of k-means; tau alone
left out  one image in twenty left out at random; tau alone

Overlap is the mean share of an image's nearest neighbours that stay. Changes of tau are in percent of
tau in float32; of several seeds and of several subsets, and on the last line of all classes, it is
the root mean square.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from unhans.attribution.lrp import engine
from unhans.networks import registry
from unhans.networks.canonizers import Canonizers
from unhans.spray.affinity import knn_affinity
from unhans.spray.clustering import kmeans
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.nearest import nearest
from unhans.spray.pairwise import pairwise
from unhans.spray.preprocessing import represent
from unhans.spray.separability import tau

from zennit.attribution import Gradient  # isort: skip - unhans lets torchvision be imported
from zennit.composites import EpsilonPlusFlat

SYNSETS = {
    **{"n01440764": 0, "n02102040": 217, "n02979186": 482, "n03000684": 491, "n03028079": 497},
    **{"n03394916": 566, "n03417042": 569, "n03425413": 571, "n03445777": 574, "n03888257": 701},
}
"""Of Imagenette: folder and logit."""

DIGITS = [str(digit) for digit in range(10)]

THREE = ["n01440764", "n03417042", "n03888257"]

KNN, Q, KS, N_INIT = 10, 32, range(2, 31), 10

FLOAT32, TF32, BFLOAT16, NOISE, COPY = "float32", "tf32", "bfloat16", "noise", "copy"

Contender = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""From images and targets to relevance and logits."""

Maps = NDArray[np.float32]


@dataclass(frozen=True)
class Analysis:
    """From heatmaps to tau."""

    name: str
    steps: Sequence[Mapping[str, Any]]
    metric: str

    def distances(self, maps: Maps) -> NDArray[np.float32]:
        return pairwise(represent(maps, self.steps), self.metric)


def analyses(bins: int) -> list[Analysis]:
    pooled = [{"step": "sum_pool", "size": bins}, {"step": "unit_norm"}]
    return [
        Analysis("raw, euclidean", [], "euclidean"),
        Analysis(f"pooled {bins} x {bins}, unit norm, euclidean", pooled, "euclidean"),
        Analysis("raw, hellinger", [], "hellinger"),
    ]


@dataclass(frozen=True)
class Subject:
    """A network, and images by class."""

    module: nn.Module
    canonizers: Canonizers
    grey_level: float
    """step between two grey levels in the network's input"""
    bins: int
    batches: Callable[[str], Iterator[tuple[Tensor, Tensor]]]
    """of a class: images and targets"""


@dataclass
class Maker:
    """What a subject is made of; goes to each process."""

    network: str
    weights: str | None
    data: Path
    images: int | None
    batch: int
    device: str
    zennit: int
    repeats: int
    copy: Path | None

    def __hash__(self) -> int:
        return hash(repr(self))


@lru_cache(maxsize=1)
def made(maker: Maker) -> Subject:
    """Make the subject once a process."""
    torch.set_num_threads(1)
    return trained_on_digits(maker) if maker.network == "digits" else photographs(maker)


def photographs(maker: Maker) -> Subject:
    loaded = registry.load(maker.network, maker.weights)

    def batches(synset: str) -> Iterator[tuple[Tensor, Tensor]]:
        files = sorted((maker.data / synset).glob("*.JPEG"))[: maker.images]
        if not files:
            raise SystemExit(f"no images *.JPEG in {maker.data / synset}")
        for start in range(0, len(files), maker.batch):
            part = files[start : start + maker.batch]
            inputs = np.stack([loaded.transform(Image.open(file)) for file in part])
            yield torch.from_numpy(inputs), torch.full((len(part),), SYNSETS[synset])

    step = 1 / 255 / loaded.transform.std[0]
    return Subject(loaded.module.to(maker.device), loaded.canonizers, step, 20, batches)


def trained_on_digits(maker: Maker) -> Subject:
    """Train the demo's network on the demo's corpus."""
    from unhans.images import digits
    from unhans.images.planting import Planting
    from unhans.networks import small, training

    settings = {"epochs": 8, "batch_size": 64, "learning_rate": 2e-3, "seed": 0}
    planted = [Planting("corner", "3", 0.25, 0), Planting("border", "8", 0.20, 0)]
    images = digits.build(500, 0.2, 0, planted)
    inputs = digits.as_inputs(images.images)
    trained = small.build("small_vgg", 10, 0)
    schedule = training.Schedule(**settings)
    training.train(trained, inputs, images.label, images.validation, schedule)

    def batches(digit: str) -> Iterator[tuple[Tensor, Tensor]]:
        members = np.nonzero(images.label == int(digit))[0][: maker.images]
        for start in range(0, len(members), maker.batch):
            part = torch.from_numpy(inputs[members[start : start + maker.batch]])
            yield part, torch.full((len(part),), int(digit))

    return Subject(trained.eval().to(maker.device), list, 1 / 255, 7, batches)


@dataclass
class Explained:
    """Of one class and one contender."""

    maps: list[Maps] = field(default_factory=list)
    predictions: list[NDArray[np.int64]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    """images per second, a batch each"""

    def add(self, contender: Contender, batch: Tensor, targets: Tensor) -> None:
        start = time.perf_counter()
        relevance, logits = contender(batch, targets)
        maps = relevance.sum(1).cpu().numpy()  # waits for the device
        self.rates.append(len(batch) / (time.perf_counter() - start))
        self.maps.append(maps)
        self.predictions.append(logits.argmax(1).cpu().numpy())

    def joined(self) -> Maps:
        """All heatmaps; the parts are let go, for a class of ImageNet takes 260 MB."""
        maps, self.maps = np.concatenate(self.maps), []
        return maps


def contenders(subject: Subject, maker: Maker, stack: ExitStack) -> dict[str, Contender]:
    def opened(dtype: torch.dtype, module: ModuleType = engine) -> Contender:
        made = module.Engine(subject.module, canonizers=subject.canonizers(), dtype=dtype)
        return stack.enter_context(made)

    generator = torch.Generator().manual_seed(0)
    single = opened(torch.float32)

    def noisy(batch: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        noise = torch.rand(batch.shape, generator=generator) - 0.5
        return single(batch + subject.grey_level * noise, targets)

    def rounded(batch: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        with Tf32():
            return single(batch, targets)

    found = {FLOAT32: single, TF32: rounded, BFLOAT16: opened(torch.bfloat16), NOISE: noisy}
    if maker.copy is not None:
        found[COPY] = opened(torch.bfloat16, imported(maker.copy))
    return found


class Tf32(TorchDispatchMode):
    """Rounds the factors of convolutions and of products of matrices as a GPU's TF32 does."""

    PRODUCTS = frozenset({"convolution", "convolution_backward", "mm", "addmm", "bmm"})

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket.__name__ in self.PRODUCTS:
            args = tuple(
                tf32(one) if isinstance(one, Tensor) and one.ndim > 1 else one for one in args
            )
        return func(*args, **(kwargs or {}))


def tf32(values: Tensor) -> Tensor:
    """Round to 10 bits behind the point, halves away from zero; the layout stays."""
    bits = values.view(torch.int32)
    return ((bits + 0x1000) & ~0x1FFF).view(torch.float32)


def imported(path: Path) -> ModuleType:
    """Another version of the engine."""
    spec = importlib.util.spec_from_file_location("engine_copy", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["engine_copy"] = module
    spec.loader.exec_module(module)
    return module


def reference(subject: Subject, maker: Maker, name: str) -> Maps:
    """Heatmaps by zennit of a class's first images."""
    maps: list[Maps] = []
    composite = EpsilonPlusFlat(canonizers=subject.canonizers())
    with Gradient(subject.module, composite) as attributor:
        for batch, targets in subject.batches(name):
            left = maker.zennit - sum(map(len, maps))
            if left <= 0:
                break
            part, own = batch[:left].to(maker.device), targets[:left].to(maker.device)

            def start(output: Tensor, own: Tensor = own) -> Tensor:
                return output.detach() * nn.functional.one_hot(own, output.shape[1])

            relevance = attributor(part.requires_grad_(), start)[1]
            maps.append(relevance.detach().sum(1).cpu().numpy())
    return np.concatenate(maps)


Row = dict[str, float]


@dataclass
class Result:
    """Of one class, as numbers to print."""

    name: str
    images: int
    rates: dict[str, float]
    cosine: dict[str, tuple[float, float]]
    """median and 1st percentile by contender"""
    same_prediction: float
    overlap: dict[str, Row]
    """by analysis and contender"""
    taus: dict[str, dict[str, list[float]]]
    """by analysis and contender or yardstick"""


def measure(maker: Maker, name: str) -> Result:
    """Explain a class and follow the difference down to tau."""
    subject = made(maker)
    with ExitStack() as stack:
        runs = contenders(subject, maker, stack)
        found = {kind: Explained() for kind in runs}
        for number, (batch, targets) in enumerate(subject.batches(name)):
            if number == 0:  # to warm up
                for run in runs.values():
                    run(batch[:2], targets[:2])
            for kind, run in runs.items():
                found[kind].add(run, batch, targets)
    maps = {kind: explained.joined() for kind, explained in found.items()}
    single, others = maps[FLOAT32], [kind for kind in maps if kind != FLOAT32]
    cosine = {kind: spread(cosines(maps[kind], single)) for kind in others}
    first = reference(subject, maker, name) if maker.zennit > KNN else None
    if first is not None:
        cosine["zennit"] = spread(cosines(first, single[: len(first)]))
    overlap: dict[str, Row] = {}
    taus: dict[str, dict[str, list[float]]] = {}
    for analysis in analyses(subject.bins):
        distances = {kind: analysis.distances(maps[kind]) for kind in maps}
        overlap[analysis.name] = {
            kind: overlapping(distances[kind], distances[FLOAT32]) for kind in others
        }
        if first is not None:
            part = analysis.distances(single[: len(first)])
            overlap[analysis.name]["zennit"] = overlapping(analysis.distances(first), part)
        taus[analysis.name] = {kind: [tau_of(distances[kind])] for kind in maps}
        taus[analysis.name] |= yardsticks(distances[FLOAT32], maker.repeats)
    predictions = (np.concatenate(found[kind].predictions) for kind in (FLOAT32, BFLOAT16))
    return Result(
        name,
        len(single),
        {kind: median(explained.rates) for kind, explained in found.items()},
        cosine,
        float(np.mean(np.equal(*predictions))),
        overlap,
        taus,
    )


def cosines(maps: Maps, others: Maps) -> NDArray[np.float64]:
    a, b = (part.reshape(len(part), -1).astype(np.float64) for part in (maps, others))
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def spread(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(np.median(values)), float(np.percentile(values, 1))


def overlapping(distances: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    """Mean share of common neighbours."""
    pairs = zip(nearest(distances, KNN), nearest(others, KNN), strict=True)
    return float(np.mean([len(np.intersect1d(a, b)) / KNN for a, b in pairs]))


def embedded(distances: NDArray[np.float32]) -> NDArray[np.float64]:
    return spectral(symmetric_normalized(knn_affinity(distances, KNN)), Q)[1]


def tau_of(distances: NDArray[np.float32]) -> float:
    embedding = embedded(distances)
    return tau(embedding, kmeans(embedding, KS, n_init=N_INIT))


def yardsticks(distances: NDArray[np.float32], repeats: int) -> dict[str, list[float]]:
    """Tau with other starts of k-means, and with other images left out."""
    embedding, n = embedded(distances), len(distances)
    seeds = [tau(embedding, kmeans(embedding, KS, 1 + i, N_INIT)) for i in range(repeats)]
    fewer = []
    for i in range(repeats):
        kept = np.sort(np.random.default_rng(i).permutation(n)[: round(0.95 * n)])
        fewer.append(tau_of(distances[np.ix_(kept, kept)]))
    return {"seeds": seeds, "left out": fewer}


def change(row: Mapping[str, list[float]], kind: str) -> float:
    """Change of tau in percent of that in float32; of several, their root mean square."""
    (single,) = row[FLOAT32]
    changes = [100 * (value / single - 1) for value in row[kind]]
    return changes[0] if len(changes) == 1 else rms(changes)


def rms(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def report(results: Sequence[Result]) -> None:
    kinds = list(results[0].cosine)
    print("\nheatmaps: cosine similarity with float32, as 1 - cosine; predictions unchanged")
    print(f"{'class':12}{'images':>7}", *(f"{kind:>20}" for kind in kinds), f"{'same':>8}")
    print(f"{'':19}", *(f"{'median':>10}{'1st pct':>10}" for _ in kinds))
    for result in results:
        apart = (f"{1 - value:10.1e}" for kind in kinds for value in result.cosine[kind])
        cells = list(apart)
        pairs = (first + second for first, second in zip(cells[::2], cells[1::2], strict=True))
        print(f"{result.name:12}{result.images:7}", *pairs, f"{result.same_prediction:8.1%}")
    for name in results[0].taus:
        report_analysis(name, results)
    report_rates(results)


def report_analysis(name: str, results: Sequence[Result]) -> None:
    overlaps = list(results[0].overlap[name])
    kinds = [kind for kind in results[0].taus[name] if kind != FLOAT32]
    print(f"\n{name}: overlap of {KNN} neighbours; tau and its change in percent")
    print(f"{'class':12}", *(f"{kind:>9}" for kind in overlaps), f" |{'tau':>9}", end=" ")
    print(*(f"{kind:>9}" for kind in kinds))
    for result in results:
        row = result.taus[name]
        print(
            f"{result.name:12}",
            *(f"{result.overlap[name][kind]:9.4f}" for kind in overlaps),
            f" |{row[FLOAT32][0]:9.4f}",
            *(f"{change(row, kind):{'+' if len(row[kind]) == 1 else ''}9.2f}" for kind in kinds),
        )
    means = (np.mean([result.overlap[name][kind] for result in results]) for kind in overlaps)
    sizes = (rms([change(result.taus[name], kind) for result in results]) for kind in kinds)
    print(f"{'all':12}", *(f"{mean:9.4f}" for mean in means), f" |{'':9}", end=" ")
    print(*(f"{size:9.2f}" for size in sizes))
    if len(results) > 1:
        report_order(name, results, kinds)


def report_order(name: str, results: Sequence[Result], kinds: Sequence[str]) -> None:
    """Classes by tau, and how many pairs of them stand the other way round."""
    taus = {kind: [result.taus[name][kind][0] for result in results] for kind in [FLOAT32, *kinds]}
    print("classes by tau, largest first:")
    for kind, values in taus.items():
        order = np.argsort(values)[::-1]
        pairs = [(i, j) for i in range(len(values)) for j in range(i)]
        single = taus[FLOAT32]
        turned = sum((values[i] > values[j]) != (single[i] > single[j]) for i, j in pairs)
        names = " ".join(results[i].name for i in order)
        print(
            f"  {kind:9} {names}" + (f"  ({turned} of {len(pairs)} pairs turned)" if turned else "")
        )


def report_rates(results: Sequence[Result]) -> None:
    print("\nimages per second, one thread a process, median of batches")
    single = median(result.rates[FLOAT32] for result in results)
    for kind in results[0].rates:
        rate = median(result.rates[kind] for result in results)
        print(f"{kind:10}{rate:8.1f}  {rate / single:5.2f} x float32")


def speed(maker: Maker, images: int) -> None:
    """Time noise, on one process."""
    torch.set_num_threads(1)
    loaded = registry.load(maker.network, maker.weights)
    size = loaded.transform.crop
    batch = torch.randn(maker.batch, 3, size, size, generator=torch.Generator().manual_seed(0))
    targets = torch.arange(maker.batch) % loaded.classes
    subject = Subject(
        loaded.module.to(maker.device), loaded.canonizers, 0, 20, lambda name: iter(())
    )
    with ExitStack() as stack:
        runs = contenders(subject, maker, stack)
        found = {kind: Explained() for kind in runs if kind != NOISE}
        for turn in range(1 + -(-images // maker.batch)):
            for kind, explained in found.items():
                explained.add(runs[kind], batch, targets)
                if turn == 0:  # to warm up
                    explained.rates.clear()
    apart = {
        kind: spread(cosines(one.maps[0], found[FLOAT32].maps[0])) for kind, one in found.items()
    }
    rates = {kind: median(explained.rates) for kind, explained in found.items()}
    for kind, rate in rates.items():
        print(f"{kind:10}{rate:8.2f} images/s  {rate / rates[FLOAT32]:5.2f} x float32", end="")
        print(f"  1 - cosine, median {1 - apart[kind][0]:.1e}")


def processor() -> str:
    """Say what the CPU knows of bfloat16."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "CPU unknown"
    known = dict(line.split(":", 1) for line in lines if ":" in line)
    entries = {key.strip(): value.strip() for key, value in known.items()}
    flags = entries.get("flags", "").split()
    kinds = [flag for flag in ("avx512_bf16", "amx_bf16") if flag in flags]
    return f"{entries.get('model name', 'CPU')}, bfloat16 by {' and '.join(kinds) or 'nothing'}"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add, data = (
        parser.add_argument,
        os.environ.get("UNHANS_DATA", "/tmp/imagenette/imagenette-160/train"),
    )
    add("--network", default="efficientnet_lite0", help="of the registry, or 'digits'")
    add("--weights", default="IMAGENET1K_V1", help="a published name, a file, or 'none': random")
    add("--data", type=Path, default=data, help="folder of classes; default $UNHANS_DATA")
    add("--classes", nargs="+", help="synsets of Imagenette, digits, or 'all'; default three")
    add("--images", type=int, help="of a class, at most")
    add("--zennit", type=int, default=100, help="images of a class for zennit; 0: none")
    add("--repeats", type=int, default=3, help="seeds, and subsets, for the change of tau")
    add("--batch", type=int, default=16)
    add("--processes", type=int, default=2)
    add("--device", choices=["cpu", "cuda"], default="cpu", help="cuda wants --processes 1")
    add("--copy", type=Path, help="file of another Engine, whose bfloat16 is measured as well")
    add("--speed", type=int, metavar="IMAGES", help="only time so many images of noise")
    options = parser.parse_args()
    weights = None if options.weights == "none" else options.weights
    maker = Maker(
        options.network,
        weights,
        *(options.data, options.images, options.batch, options.device),
        *(options.zennit, options.repeats, options.copy),
    )
    trained = options.network == "digits"
    subject = "small_vgg on digits" if trained else f"{options.network}, weights {options.weights}"
    name = torch.cuda.get_device_name() if options.device == "cuda" else processor()
    print(
        f"{subject}, torch {torch.__version__}, {name}",
        flush=True,
    )
    if options.speed:
        speed(maker, options.speed)
        return
    every = DIGITS if trained else list(SYNSETS)
    classes = options.classes or (DIGITS if trained else THREE)
    classes = every if classes == ["all"] else classes
    if unknown := set(classes) - set(every):
        parser.error(f"unknown classes: {', '.join(sorted(unknown))}")
    start = time.perf_counter()
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        results = []
        for result in pool.map(partial(measure, maker), classes):
            minutes = (time.perf_counter() - start) / 60
            print(f"class {result.name} done after {minutes:.1f} min", file=sys.stderr, flush=True)
            results.append(result)
    report(results)
    print(f"\n{(time.perf_counter() - start) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
