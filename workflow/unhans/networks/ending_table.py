"""Ending table: what functions and layers do to logits behind the last weights, by their plain name."""

from collections.abc import Iterable

from unhans.networks import call_table


def plain(names: str | Iterable[str]) -> frozenset[str]:
    """Write names of functions and of layers alike.

    Parameters
    ----------
    names : str or iterable of str
        Parted by spaces, or one by one.

    Returns
    -------
    frozenset of str
        In small letters and without underscores.

    """
    words = names.split() if isinstance(names, str) else names
    return frozenset(one.replace("_", "").lower() for one in words)


COPIES = plain(
    """contiguous clone to float double half bfloat16 type_as type detach identity dropout dropout1d
    dropout2d dropout3d alphadropout featurealphadropout"""
) | plain(call_table.NOTHING)
"""Calls that give the values that they are given."""

ORDERED = plain(
    """amax amin max min max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d
    topk"""
)
"""Calls that choose among values: a growing function may be taken before or after them."""

CHOOSING = plain("where masked_fill maximum minimum")

MOVES = (
    plain(call_table.MOVES)
    | plain(
        """zeropad2d reflectionpad2d replicationpad2d ravel diagonal flip fliplr flipud rot90 squeeze
        index channelshuffle"""
    )
) - (ORDERED | CHOOSING)

AVERAGES = plain(
    """mean avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d sum interpolate
    upsample"""
)

LINEAR = plain("neg negative pos positive cumsum normalize") | AVERAGES | MOVES | COPIES
"""Calls that are linear, or that scale each image by a positive number."""

SIGNED = plain(
    """tanh softsign erf atan arctan asinh leaky_relu prelu rrelu elu selu celu tanhshrink"""
)
"""Growing functions that keep the sign of each value: maps of it are those of the value, scaled."""

RECTIFIED = plain("relu silu gelu mish hardswish softplus relu6 swish threshold")
"""Activations that averages over places may follow, as in SqueezeNet: its logits are such averages."""

CLIPS = plain("clamp clip clamp_min clamp_max hardtanh nan_to_num relu6")
"""Calls that change extreme values only."""

SUMS = plain("add sub subtract rsub")

QUOTIENTS = plain("div truediv true_divide divide")

PRODUCTS = plain("mul multiply") | QUOTIENTS

NORMS = plain("batch_norm layer_norm group_norm instance_norm")

ENDS = NORMS | plain(call_table.MASKS) | {"unsquash"}
"""Calls below which nothing is judged: layers, steps, and what a `Logits` puts on probabilities."""

FACTS = plain(
    """len size dim ndimension numel nelement element_size stride is_contiguous zeros new_zeros empty
    new_empty setitem copy_"""
)
"""Calls that ask for a shape, or that put values into a tensor as they are."""

MATRICES = plain((*call_table.PRODUCTS, "einsum"))
