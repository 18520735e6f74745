"""Unwrapping: the module of layers within what a user's function returns."""

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from unhans.errors import ConfigError
from unhans.images.transform import IMAGENET, Transform


def unwrapped(made: Any) -> Any:
    """Take a module out of what spreads it over devices or compiles it.

    Parameters
    ----------
    made : any
        What a function of a user's returned.

    Returns
    -------
    any
        The module within; the same where there is none.

    """
    while isinstance(made, nn.Module):
        if isinstance(made, nn.DataParallel | nn.parallel.DistributedDataParallel):
            made = made.module
        elif isinstance(getattr(made, "_orig_mod", None), nn.Module):  # of torch.compile
            made = made._orig_mod
        else:
            break
    return made


def require_layers(module: nn.Module, name: str) -> None:
    """Refuse a network whose layers are compiled or quantised: rules cannot change their weights.

    Parameters
    ----------
    module : Module
        Of a user's function.
    name : str
        Of the network, for messages.

    Raises
    ------
    ConfigError
        It has such a layer, or cannot be put in evaluation mode.

    """
    for path, part in module.named_modules():
        home, kind = type(part).__module__, type(part).__name__
        script = isinstance(part, torch.jit.ScriptModule)
        if script or home.startswith(("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized")):
            found = "is compiled by torch.jit" if script else f"is quantised ({home}.{kind})"
            where = f"layer '{path}'" if path else "it"
            raise ConfigError(
                f"network '{name}': {where} {found}, and no rule fits it; "
                "expected layers of torch.nn, such as the network has before that"
            )
    try:
        module.eval()
    except NotImplementedError as error:  # of torch.export
        raise ConfigError(
            f"network '{name}' is a {type(module).__name__} that has no evaluation mode ({error}); "
            "expected the torch.nn.Module that it was exported from"
        ) from error


def in_single_precision(module: nn.Module, images: torch.Tensor) -> str:
    """Convert a network of another precision that takes no images of single precision.

    Parameters
    ----------
    module : Module
        It is changed where all its floating point weights are of one other type and it fails on
        the images.
    images : Tensor, shape (n, c, h, w)
        Of single precision.

    Returns
    -------
    str
        What was done; empty for nothing.

    """
    tensors = [*module.parameters(), *module.buffers()]
    kinds = {one.dtype for one in tensors if one.is_floating_point()}
    if len(kinds) != 1 or kinds == {torch.float32}:
        return ""
    try:
        with torch.no_grad():
            module(images)
    except RuntimeError:
        module.float()
        return f"its weights are of type {kinds.pop()}; it computes in float32"
    return ""


def usual_transform(module: nn.Module) -> tuple[Transform, tuple[str, ...]]:
    """Choose ImageNet's usual transform, for as many channels as a network takes.

    Parameters
    ----------
    module : Module
        Of a user's function.

    Returns
    -------
    Transform
    tuple of str
        What a person should know of it.

    """
    sides = (3, 1, 4)
    for channels in sides:
        wide = replace(IMAGENET, mean=(0.5,) * channels, std=(0.5,) * channels)
        used = IMAGENET if channels == 3 else wide
        try:
            with torch.no_grad():
                module.eval()(torch.zeros(2, channels, used.crop, used.crop))
        except Exception:  # the next may fit; what fits nothing is refused with its message later
            continue
        said = f"it takes {channels} channels; mean 0.5 and std 0.5 are taken for each"
        return used, () if channels == 3 else (said,)
    return IMAGENET, ()
