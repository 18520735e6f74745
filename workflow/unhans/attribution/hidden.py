"""Hidden relevance: what of an explanation is kept of a layer inside the network.

Relevance passes each layer on its way from the logit to the pixels. What arrives at a layer's output is
summarised there and then, in the same pass as the heatmap: by channel, and by the activations where the
layer is most relevant. Whole maps of relevance are never kept.

References
----------
Achtibat et al. 2023 (Concept Relevance Propagation: relevance by channel, places of greatest relevance).

"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unhans.attribution.layer_axes import MAP, Axes
from unhans.errors import InputError

POSITIONS = 32
"""Most positions of a map whose activations are kept."""


class LayerError(InputError):
    """A layer cannot be kept; the images are not at fault."""


class LastMapError(LayerError):
    """The last map cannot be kept."""


@dataclass(frozen=True)
class Hidden:
    """Relevance at a layer's output, a map of h x w positions with c channels, for n images.

    In a vision transformer the positions are those of its patches. Its other tokens (of the class,
    registers) lie nowhere in the image: `relevance` counts them, and the other fields leave them out.

    Parameters
    ----------
    relevance : ndarray of float32, shape (n, c)
        Of each channel, summed over positions, and over tokens that lie nowhere. Summed over channels it
        is the relevance that passes the layer.
    place : ndarray of int32, shape (n, c)
        Position of each channel's greatest relevance, the first one of equals. Positions are numbered
        by rows: row * w + column.
    position : ndarray of int32, shape (n, k)
        The k = min(32, h w) positions of greatest relevance, summed over channels, in falling order.
        Of equals the first ones are kept.
    position_relevance : ndarray of float32, shape (n, k)
        Of these positions, summed over channels.
    activation : ndarray of float16, shape (n, k, c)
        The layer's output at these positions.
    size : tuple of int
        Rows h and columns w of the map.

    """

    relevance: NDArray[np.float32]
    place: NDArray[np.int32]
    position: NDArray[np.int32]
    position_relevance: NDArray[np.float32]
    activation: NDArray[np.float16]
    size: tuple[int, int]


def joined(parts: Sequence[Hidden]) -> Hidden:
    """Put the images of several batches one after another.

    Parameters
    ----------
    parts : sequence of Hidden
        Of one layer, at least one.

    Returns
    -------
    Hidden

    Raises
    ------
    InputError
        The layer's map has not the same size in all of them.

    """
    sizes = {part.size for part in parts}
    if len(sizes) > 1:
        found = " and ".join(f"{rows} x {columns}" for rows, columns in sorted(sizes))
        raise InputError(f"maps of one layer have {found} positions; expected one size")
    return Hidden(
        relevance=np.concatenate([part.relevance for part in parts]),
        place=np.concatenate([part.place for part in parts]),
        position=np.concatenate([part.position for part in parts]),
        position_relevance=np.concatenate([part.position_relevance for part in parts]),
        activation=np.concatenate([part.activation for part in parts]),
        size=parts[0].size,
    )


def summarised(value: Tensor, relevance: Tensor, axes: Axes = MAP) -> Hidden:
    """Keep of a layer's relevance what a `Hidden` holds.

    Parameters
    ----------
    value : Tensor, shape (n, c, h, w), or as ``axes`` says
        The layer's output.
    relevance : Tensor, shape of the output
        Of the output.
    axes : Axes, optional
        How the output lies; a map by default.

    Returns
    -------
    Hidden

    Raises
    ------
    InputError
        The output is no map, or an activation is too large for float16.

    """
    if axes.size is None and value.ndim != 4:
        raise InputError(
            f"its output has shape {tuple(value.shape)}; expected a map (n, channels, rows, columns)"
        )
    size = axes.size or (value.shape[2], value.shape[3])
    values, flat = (one.movedim(axes.channel, 1).flatten(2) for one in (value, relevance))
    whole = flat.sum(dim=2)
    if axes.order is not None:
        values, flat = (one[:, :, axes.order] for one in (values, flat))
    total = flat.sum(dim=1)
    # A stable sort, so that equal positions come in the same order everywhere.
    falling, order = total.sort(dim=1, descending=True, stable=True)
    position = order[:, :POSITIONS]
    chosen = position[:, None].expand(-1, values.shape[1], -1)
    local = values.gather(2, chosen).transpose(1, 2)
    activation = local.to(torch.float16)
    if bool((activation.isinf() & local.isfinite()).any()):
        raise InputError("an activation is beyond 65504, the greatest that float16 holds")
    return Hidden(
        relevance=_array(whole, np.float32),
        place=_array(flat.argmax(dim=2), np.int32),
        position=_array(position, np.int32),
        position_relevance=_array(falling[:, :POSITIONS], np.float32),
        activation=_array(activation, np.float16),
        size=size,
    )


def _maps(_: tuple[int, ...]) -> dict[str, Axes | str]:
    """Take the outputs of all parts for maps."""
    return {}


class Recorder:
    """Summarises relevance at some parts of a network while a batch is explained.

    Parameters
    ----------
    parts : mapping of str to str
        For each layer that was asked for, the part of the rewritten network whose output is its own
        (`hidden_layers.find`).
    axes : callable, optional
        From the shape of an image (c, h, w) to how the outputs of the parts lie
        (`hidden_layers.axes`); by default they are maps.
    last : str
        Part whose output is kept as it is: the last map. Empty for none.
    """

    def __init__(
        self,
        parts: Mapping[str, str],
        axes: Callable[[tuple[int, ...]], Mapping[str, Axes | str]] = _maps,
        last: str = "",
    ) -> None:
        self._layers, self._last = dict(parts), last
        self._find = axes
        self._shape: tuple[int, ...] = ()
        self._axes: Mapping[str, Axes | str] = {}
        self._values: dict[str, Tensor] = {}
        self._found: dict[str, Hidden] = {}
        self.last_map: Tensor | None = None
        """Output of the part ``last``, of the batch that was explained last"""

    @property
    def parts(self) -> frozenset[str]:
        """Parts to watch."""
        return frozenset({*self._layers.values(), *([self._last] if self._last else [])})

    def start(self, shape: tuple[int, ...]) -> None:
        """Forget the batch before.

        Parameters
        ----------
        shape : tuple of int
            Of an image of the new one: (c, h, w).
        """
        if shape != self._shape:
            self._axes, self._shape = self._find(shape), shape
        self._values.clear()
        self._found.clear()
        self.last_map = None

    def output(self, part: str, value: Tensor) -> None:
        """Take what a part gives.

        Parameters
        ----------
        part : str
            One of `parts`.
        value : Tensor
            Its output; it is not changed later.

        Raises
        ------
        LayerError
            The part gave another value before, for the same batch.
        """
        again = part == self._last and self.last_map is not None
        if again or part in self._values:
            raise (LastMapError if again else LayerError)(
                f"layer '{part}' is called twice; expected a layer that is called once"
            )
        if part == self._last:
            self.last_map = value
        if part in self._layers.values():
            self._values[part] = value

    def relevance(self, part: str, relevance: Tensor) -> None:
        """Take the relevance of what a part gave, and summarise it.

        Parameters
        ----------
        part : str
            One of `parts`, whose output was taken before.
        relevance : Tensor, shape of the output
            It is read only now.

        Raises
        ------
        LayerError
            The layer's output cannot be summarised.

        """
        if part not in self._layers.values():
            return
        value, axes = self._values.pop(part), self._axes.get(part, MAP)
        if isinstance(axes, str):
            raise self._refused(part, f"its output has shape {tuple(value.shape)}; {axes}")
        try:
            self._found[part] = summarised(value, relevance, axes)
        except InputError as error:
            raise self._refused(part, str(error)) from error

    def _refused(self, part: str, reason: str) -> LayerError:
        layers = ", ".join(name for name, one in self._layers.items() if one == part)
        return LayerError(f"layer {layers}: {reason}")

    def take(self) -> dict[str, Hidden]:
        """Give what was found in the batch.

        Returns
        -------
        dict of str to Hidden
            By layer. A layer from which no path leads to the logits has no relevance.

        """
        for part, value in list(self._values.items()):
            self.relevance(part, torch.zeros_like(value))
        return {name: self._found[part] for name, part in self._layers.items()}

    @contextmanager
    def hooked(self, module: nn.Module) -> Iterator[None]:
        """Watch the parts of a network whose gradient is relevance.

        Parameters
        ----------
        module : Module
            In the context of a zennit composite.

        Yields
        ------
        None

        """
        handles = [
            module.get_submodule(part).register_forward_hook(self._hook(part))
            for part in sorted(self.parts)
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hook(self, part: str) -> Any:
        def seen(_: nn.Module, __: Any, output: Tensor) -> None:
            self.output(part, output.detach().clone())  # the next layer may work in place
            if output.requires_grad:
                output.register_hook(  # type: ignore[no-untyped-call]
                    lambda found: self.relevance(part, found.detach())
                )

        return seen


def _array(values: Tensor, kind: Any) -> NDArray[Any]:
    return values.detach().cpu().numpy().astype(kind, copy=False)
