"""Composites: which rule of LRP each layer of a network gets.

The composites are zennit's, but for ``epsilon_gamma_flat``. Two things are added for networks of any
kind: the rule of the first layer goes to each layer that sees the pixels, by name, and `CompletePlus`
keeps what alpha1-beta0 would lose.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from unhans.errors import InputError
from unhans.networks import _torchvision

_torchvision.allow_import()

from zennit import composites as zennit_composites  # noqa: E402 - needs torchvision to import
from zennit.core import BasicHook, Composite  # noqa: E402
from zennit.rules import ClampMod, Gamma, ZPlus, zero_bias  # noqa: E402
from zennit.types import Convolution, Linear  # noqa: E402

GAMMA = 0.05
"""Of ``epsilon_gamma_flat``: of 0.05, 0.25 and 1 the one by whose maps the logits of two ImageNet
networks fall fastest. Curves of other photographs: `tests/benchmarks/deletion_curves.py --start`."""


def _epsilon_gamma_flat(
    *, canonizers: list[Any] | None, epsilon: float, stabilizer: float
) -> Composite:
    """Epsilon in dense layers, gamma in convolutions, flat in the first layer."""
    return zennit_composites.EpsilonPlusFlat(
        epsilon=epsilon,
        stabilizer=stabilizer,
        layer_map=[(Convolution, Gamma(gamma=GAMMA, stabilizer=stabilizer))],
        canonizers=canonizers,
    )


COMPOSITES: Mapping[str, Callable[..., Composite]] = {
    # Epsilon in dense layers, alpha1-beta0 (which zennit calls ZPlus) in convolutions, flat in the
    # first layer: the recipe of Anders et al. 2019.
    "epsilon_plus_flat": zennit_composites.EpsilonPlusFlat,
    "epsilon_plus": zennit_composites.EpsilonPlus,
    "epsilon_alpha2_beta1_flat": zennit_composites.EpsilonAlpha2Beta1Flat,
    "epsilon_alpha2_beta1": zennit_composites.EpsilonAlpha2Beta1,
    "epsilon_gamma_box": zennit_composites.EpsilonGammaBox,
    "epsilon_gamma_flat": _epsilon_gamma_flat,
}

STABILISER = 1e-6
"""zennit's, of every rule."""


class CompletePlus(BasicHook):  # type: ignore[misc]
    """Alpha1-beta0 (z+), completed where no product is positive.

    R_i = sum_j (x_i w_ij)^+ R_j / z_j^+, as zennit's ``ZPlus``. An output j with z_j^+ = 0 gives its
    relevance to its negative products instead, by (x_i w_ij)^- / z_j^-: zennit loses it. This matters
    where an activation leaves negative values (SiLU, hard swish, none at all), and in depthwise
    convolutions, whose outputs have few products.

    Parameters
    ----------
    stabilizer : float
        Added to denominators, with their sign.

    """

    def __init__(self, stabilizer: float = STABILISER) -> None:
        def mapped(relevance: Tensor, outputs: list[Tensor]) -> list[Tensor]:
            above, below = outputs[0] + outputs[1], outputs[2] + outputs[3]
            empty = above == 0
            upper = torch.where(empty, 0, relevance / (above + stabilizer))
            lower = torch.where(empty & (below < 0), relevance / (below - stabilizer), 0)
            return [upper, upper, lower, lower]

        def positive(values: Tensor) -> Tensor:
            return values.clamp(min=0)

        def negative(values: Tensor) -> Tensor:
            return values.clamp(max=0)

        plain, bare = None, zero_bias(None)
        super().__init__(
            input_modifiers=[positive, negative, positive, negative],
            param_modifiers=[
                ClampMod(min=0.0, zero_params=plain),
                ClampMod(max=0.0, zero_params=bare),
                ClampMod(max=0.0, zero_params=plain),
                ClampMod(min=0.0, zero_params=bare),
            ],
            output_modifiers=[lambda output: output] * 4,
            gradient_mapper=mapped,
            reducer=lambda inputs, gradients: sum(
                one * other for one, other in zip(inputs, gradients, strict=True)
            ),
        )


def make(
    name: str,
    first_layers: tuple[str, ...] | None = None,
    canonizers: list[Any] | None = None,
    *,
    completed: bool = False,
    stabiliser: float = STABILISER,
    **bounds: Tensor,
) -> Composite:
    """Make a composite for a network.

    Parameters
    ----------
    name : str
        One of `COMPOSITES`.
    first_layers : tuple of str, optional
        Names of the layers that see the pixels. By default the first that is registered.
    canonizers : list of Canonizer, optional
        zennit's.
    completed : bool
        Whether `CompletePlus` takes the place of ``ZPlus``.
    stabiliser : float
        Of every rule.
    **bounds : Tensor, shape (1, c, 1, 1)
        ``low`` and ``high``, the least and greatest value of a pixel, for ``epsilon_gamma_box``.

    Returns
    -------
    Composite
        Made for one use.

    Raises
    ------
    InputError
        There is no such composite.

    """
    if name not in COMPOSITES:
        known = ", ".join(COMPOSITES)
        raise InputError(f"unknown composite '{name}'; expected one of {known}")
    given = bounds if name == "epsilon_gamma_box" else {}
    made: Any = COMPOSITES[name](
        canonizers=canonizers, epsilon=stabiliser, stabilizer=stabiliser, **given
    )
    plus = CompletePlus(stabiliser)
    original = made.module_map

    def mapped(context: dict[str, Any], layer: str, module: nn.Module) -> Any:
        if first_layers is not None and isinstance(module, Linear):
            # zennit gives the first rule to the layer that was registered first.
            context["first_layer_visited"] = layer not in first_layers
        hook = original(context, layer, module)
        return plus if completed and type(hook) is ZPlus else hook

    made.module_map = mapped
    return made
