"""Encoders: PyTorch's layers of layers, whose own forward torch.fx cannot trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

LAYERS: tuple[Any, ...] = (
    *(nn.TransformerEncoderLayer, nn.TransformerEncoder),
    *(nn.DataParallel, nn.parallel.DistributedDataParallel),
)
"""Layers whose forward chooses between fast paths by looking at values, or between devices."""


@contextmanager
def plain() -> Iterator[None]:
    """Let encoders compute what they are defined as, without fast paths, for the time of a ``with``.

    Yields
    ------
    None

    """
    usual = [kind.forward for kind in LAYERS]
    try:
        for kind, forward in zip(LAYERS, (_layer, _layers, _within, _within), strict=True):
            kind.forward = forward
        yield
    finally:
        for kind, forward in zip(LAYERS, usual, strict=True):
            kind.forward = forward


def _layer(
    self: Any,
    src: Any,
    src_mask: Any = None,
    src_key_padding_mask: Any = None,
    is_causal: bool = False,
) -> Any:
    """Attention and dense layers, each added to what it is given."""
    masks = src_mask, src_key_padding_mask
    if self.norm_first:
        x = src + self._sa_block(self.norm1(src), *masks, is_causal=is_causal)
        return x + self._ff_block(self.norm2(x))
    x = self.norm1(src + self._sa_block(src, *masks, is_causal=is_causal))
    return self.norm2(x + self._ff_block(x))


def _layers(
    self: Any,
    src: Any,
    mask: Any = None,
    src_key_padding_mask: Any = None,
    is_causal: bool | None = None,
) -> Any:
    """One layer after the other."""
    for layer in self.layers:
        src = layer(src, mask, src_key_padding_mask, bool(is_causal))
    return src if self.norm is None else self.norm(src)


def _within(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the network that is spread over devices, on one of them."""
    return self.module(*args, **kwargs)
