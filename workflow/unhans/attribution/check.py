"""Check: whether LRP explains a network, before any image of a class is explained.

The network must be the same function in the form that is explained; the relevance that reaches the pixels
must be the logit, biases aside; and where the fast engine computes, it must compute what zennit does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from unhans.attribution import composites, conservation, equality
from unhans.attribution.composites import STABILISER
from unhans.attribution.conservation import Stage
from unhans.attribution.equality import SAME
from unhans.attribution.explainer import Explainer
from unhans.errors import InputError
from unhans.networks import calls, carriers, graph
from unhans.networks.canonizers import Canonical, GraphCanonizer
from unhans.networks.inference import evaluating
from unhans.networks.operations import EXACT
from unhans.networks.registry import Network

from zennit.types import Linear  # isort: skip - the registry lets torchvision be imported

BOUNDS = (0.9, 1.1)
"""Share of the logit that may reach the pixels where no bias absorbs any."""

TINY = 1e-3
"""Largest logit below which the stabilisers count."""

REAL = 4
"""Images of the corpus that are explained for it."""

COMPOSITE = "epsilon_plus_flat"
"""With which relevance is measured: whether calls have rules does not depend on the composite."""


@dataclass(frozen=True)
class Report:
    """What the check of a network found.

    Parameters
    ----------
    conserved : float
        Share of the logit that reaches the pixels, biases being zero: the median over images. NaN
        where it cannot be measured.
    stages : list of Stage
        The same at each place that all relevance passes, from the logits down.
    engine : str
        What computes the maps, and why.
    remarks : tuple of str
        What a person should know.
    images : str
        What was explained for it.

    """

    conserved: float
    stages: tuple[Stage, ...]
    engine: str
    remarks: tuple[str, ...]
    images: str

    def notes(self) -> dict[str, object]:
        """Give plain JSON values for a record.

        Returns
        -------
        dict of str to any

        """
        share = None if np.isnan(self.conserved) else round(self.conserved, 4)
        return {
            "conserved": share,
            "bounds": list(BOUNDS),
            "engine": self.engine,
            "remarks": list(self.remarks),
            "images": self.images,
        }

    def describe(self) -> str:
        """Say it in lines.

        Returns
        -------
        str

        """
        measured = (
            "conservation cannot be measured"
            if np.isnan(self.conserved)
            else f"{self.conserved:.4f} of the logit reaches the pixels, biases being zero "
            f"(expected {BOUNDS[0]} to {BOUNDS[1]})"
        )
        lines = [f"{measured}; of {self.images}", f"explained {self.engine}", *self.remarks]
        return "\n".join(f"model: check: {line}" for line in lines)


def check(
    network: Network, name: str, images: NDArray[np.float32] | None = None, seed: int = 0
) -> Report:
    """Check that LRP explains a network.

    Parameters
    ----------
    network : Network
        Any.
    name : str
        Of the network, for messages.
    images : ndarray of float32, shape (n, c, h, w), optional
        A few real inputs. Two of noise are explained besides.
    seed : int
        Of the noise.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        The network is explained wrongly; the message names the place.

    """
    real = 0 if images is None else len(images)
    noise = _noise(network, images, seed)
    batch = noise if images is None else np.concatenate([noise, images])
    shown = f"{len(noise)} images of noise" + (f" and {real} of the corpus" if real else "")
    with evaluating(network.module):
        largest = equality.require_repeatable(network, batch, name)
        form = _checked_form(network, batch, name)
        explainer = Explainer(network, COMPOSITE)
        remarks = _remarks(network, form, batch)
        try:
            stages = _stages(network, form, explainer, batch)
        except (RuntimeError, AttributeError, TypeError) as error:  # zennit's hooks, on odd calls
            raise InputError(_failure(name, error, remarks)) from error
    conserved = stages[-1].share
    if np.isnan(conserved):
        remarks = (*remarks, "all logits are zero without biases: conservation cannot be measured")
        _require_finite(network, batch, name)
    elif not BOUNDS[0] <= conserved <= BOUNDS[1]:
        raise InputError(_refusal(name, stages, remarks))
    if form is None and not _has_own_canonizers(network):
        _require_rules_of_layers(network, batch, name)
    if largest < TINY:
        remarks = (
            *remarks,
            f"the largest logit is {largest:.2g}: the stabilisers of the rules ({STABILISER:g}) absorb "
            "relevance of that size, and maps are not to be trusted",
        )
    differs = "" if explainer.fallback else _difference(network, batch)
    engine = str(explainer) if not differs else f"by zennit on cpu ({differs})"
    return Report(conserved, tuple(stages), engine, remarks, shown)


def _checked_form(network: Network, batch: NDArray[np.float32], name: str) -> Canonical | None:
    """Rewrite a network as it is explained, or refuse it where that is not the network."""
    form = _form(network)
    if form is not None:
        _require_rules(form, name)
        equality.require_equal(network, form, batch, name)
    else:
        _require_single_calls(network, batch, name)
    equality.require_explained(network, COMPOSITE, batch, name)
    return form


def _form(network: Network) -> Canonical | None:
    made = network.canonizers() or [GraphCanonizer()]
    own = [one for one in made if isinstance(one, GraphCanonizer)]
    forms = [one.form(network.module, network.shape) for one in own]
    return forms[0] if forms else None


def _noise(network: Network, images: NDArray[np.float32] | None, seed: int) -> NDArray[np.float32]:
    """Two images of noise, as bright as images are."""
    generator = np.random.default_rng(seed)
    if network.transform is None:
        shape = (1, 28, 28) if images is None else images.shape[1:]
        return generator.random((2, *shape), dtype=np.float32)
    side, low, high = network.transform.crop, network.transform.low, network.transform.high
    values = generator.random((2, len(low), side, side), dtype=np.float32)
    return low[:, None, None] + values * (high - low)[:, None, None]


def _require_rules(form: Canonical, name: str) -> None:
    """Refuse calls without a rule: that relevance is conserved behind them may be chance."""
    if form.unknown:
        raise InputError(
            f"network '{name}': {'; '.join(form.unknown[:6])}, for which there is no rule; expected "
            "calls that have one (docs/reference/networks.md), or a Network with canonizers of your own"
        )


def _require_single_calls(network: Network, batch: NDArray[np.float32], name: str) -> None:
    """Refuse what zennit's hooks cannot explain in a network that is not rewritten."""
    for layer, times in calls.counts(network.module, torch.tensor(batch[:1])).items():
        if times > 1:
            raise InputError(
                f"network '{name}': layer '{layer}' is called {times} times, and the network is not "
                f"rewritten ({_untraced(network, batch)}); expected layers of their own"
            )
    for layer, part in network.module.named_modules():
        if isinstance(part, Linear) and not graph.is_linear_in_weight(part):
            raise InputError(
                f"network '{name}': layer '{layer}' computes its weight at each call, and the "
                f"network is not rewritten ({_untraced(network, batch)})"
            )


def _require_rules_of_layers(network: Network, batch: NDArray[np.float32], name: str) -> None:
    """Refuse a network that is not rewritten where relevance passes more than layers with rules.

    Its sum may be kept though its places are wrong, as by the gradient of an average.
    """
    found = carriers.without_rule(network.module, torch.tensor(batch[:1]))
    if found:
        raise InputError(
            f"network '{name}': the network is not rewritten ({_untraced(network, batch)}), and "
            f"there is no rule then for what relevance passes: {'; '.join(found[:6])}; expected layers "
            "such as nn.AdaptiveAvgPool2d in the place of functions, or a forward that can be traced"
        )


def _has_own_canonizers(network: Network) -> bool:
    return any(not isinstance(one, GraphCanonizer) for one in network.canonizers())


def _require_finite(network: Network, batch: NDArray[np.float32], name: str) -> None:
    """Refuse a network whose maps are not numbers."""
    with Explainer(network, COMPOSITE) as explain:
        if not np.isfinite(explain(batch, np.zeros(len(batch), dtype=np.int64)).heatmap).all():
            raise InputError(f"network '{name}': its relevance is NaN or infinite")


def _stages(
    network: Network, form: Canonical | None, explainer: Explainer, batch: NDArray[np.float32]
) -> list[Stage]:
    completed = explainer.completed
    if form is None:
        rewriters, first = network.rewriters()
        made = composites.make(
            *(COMPOSITE,),
            first_layers=first,
            canonizers=rewriters,
            completed=completed,
            stabiliser=EXACT,
        )
        return conservation.hooked_stages(network.module, made, batch)
    first = network.rewriters()[1] or ()
    made = composites.make(
        *(COMPOSITE,),
        first_layers=tuple(f"network.{one}" for one in first),
        completed=completed,
        stabiliser=EXACT,
    )
    return conservation.stages(form, made, batch)


def _remarks(
    network: Network, form: Canonical | None, batch: NDArray[np.float32]
) -> tuple[str, ...]:
    if form is not None:
        return form.remarks
    own = _has_own_canonizers(network)
    why = "it brings canonizers of its own" if own else _untraced(network, batch)
    found = calls.functional(network.module, torch.tensor(batch[:1]))
    return (f"its calls are not rewritten: {why}", *(f"{one}, not rewritten" for one in found))


def _untraced(network: Network, batch: NDArray[np.float32]) -> str:
    return calls.untraced(network.module, torch.tensor(batch[:1]))


def _failure(name: str, error: Exception, remarks: Sequence[str]) -> str:
    reason = str(error).strip().split("\n")[0]
    if "to not have been used in the graph" in reason or "does not require grad" in reason:
        reason = "no gradient reaches the pixels (a call cuts it: detach, .data, no_grad, NumPy)"
    return f"network '{name}': LRP fails on it: {'; '.join((reason, *remarks[:6]))}"


def _refusal(name: str, stages: Sequence[Stage], remarks: Sequence[str]) -> str:
    pairs = [(Stage("logits", 1.0), stages[0]), *pairwise(stages)]
    above, below = max(pairs, key=lambda pair: _change(pair[0].share, pair[1].share))
    said = f"; {'; '.join(remarks[:6])}" if remarks else ""
    return (
        f"network '{name}': relevance is not conserved: {stages[-1].share:.3g} of the logit reaches "
        f"the pixels, biases being zero; expected {BOUNDS[0]} to {BOUNDS[1]}. The largest change is "
        f"between {above.name} ({above.share:.3g}) and {below.name} ({below.share:.3g}){said}"
    )


def _change(above: float, below: float) -> float:
    if not (np.isfinite(above) and np.isfinite(below)) or above * below <= 0:
        return np.inf
    return abs(float(np.log(below / above)))


def _difference(network: Network, batch: NDArray[np.float32]) -> str:
    """Say how the fast engine's maps differ from zennit's; empty where they are equal."""
    targets = np.zeros(len(batch), dtype=np.int64)
    maps = []
    for engine in ("auto", "zennit"):
        with Explainer(network, COMPOSITE, engine) as explain:
            maps.append(explain(batch, targets).heatmap)
    span = float(np.abs(maps[1]).max())
    apart = float(np.abs(maps[0] - maps[1]).max())
    if apart <= SAME * span:
        return ""
    return f"the fast engine's maps differ by {apart / span:.3g} of their range"


def is_refused_engine(noted: object) -> bool:
    """Whether a record says that the fast engine differs from zennit for its network.

    Parameters
    ----------
    noted : any
        The attribute ``check`` of the record.

    Returns
    -------
    bool

    """
    return isinstance(noted, dict) and "differ by" in str(noted.get("engine", ""))
