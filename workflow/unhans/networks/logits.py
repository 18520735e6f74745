"""Logits: a network of anyone's is made to give them, whatever its last step is."""

from typing import Any

import torch
from torch import fx, nn

from unhans.errors import ConfigError, NotCoveredError
from unhans.networks import calls, graph
from unhans.networks.outputs import Logits, first_tensor, tensors_of

TOLERANCE = 1e-4
"""Largest distance of a sum of probabilities from one."""

SQUASHING = {nn.Softmax: "softmax", nn.LogSoftmax: "log_softmax", nn.Sigmoid: "sigmoid"}
"""Layers that make probabilities, and the functions that they stand for."""


FINAL = frozenset(["exp", "exp2", "softplus", "logsigmoid", "hardsigmoid", "relu", "relu6"])
"""Other last steps that give no logits: they change or lose signs, which maps would have."""

_SHAPING = frozenset(
    (
        *(
            "view",
            "reshape",
            "flatten",
            "squeeze",
            "unsqueeze",
            "getitem",
            "select",
            "clamp",
            "clip",
        ),
        *("mul", "add", "sub", "truediv", "div", "stack", "cat", "mean", "sum", "round", "float"),
    )
)
"""Steps that leave probabilities what they are, but for shape, scale and shift."""


def as_logits(module: nn.Module, images: torch.Tensor, name: str) -> tuple[nn.Module, list[str]]:
    """Make a network give logits of at least two classes.

    Parameters
    ----------
    module : Module
        In evaluation mode.
    images : Tensor, shape (n, c, h, w)
        With which its output is looked at.
    name : str
        Of the network, for messages.

    Returns
    -------
    module : Module
        The same where its output is logits already, else a `Logits`.
    remarks : list of str
        What was taken for what.

    Raises
    ------
    ConfigError
        The network fails, gives no tensor of shape (n, classes), or gives probabilities of which no
        softmax and no sigmoid is the last step.

    """
    shape = tuple(images.shape)
    try:
        with torch.no_grad():
            given = module(images)
    except Exception as error:  # any code may stand there
        reason = str(error).strip().split("\n")[0]
        raise ConfigError(f"network '{name}' fails on an input of {shape}: {reason}") from error
    found = _logits_of(given, images, name)
    remarks = []
    if found is not given:
        remarks.append(f"its output is a {type(given).__name__}; the logits are taken out of it")
    squashed = _squashed(module, found, images, name)
    if squashed:
        remarks.append(f"it ends in a {squashed}; the logits below it are explained")
    one = found.shape[1] == 1
    if one:
        remarks.append("its one output z is read as the logits (-z, z) of two classes")
    if not remarks:
        return module, []
    undone = squashed if squashed in ("softmax", "sigmoid") else ""
    return Logits(module, undone, one).eval(), remarks


def last_step(module: nn.Module) -> str:
    """Name the last step of a network.

    Parameters
    ----------
    module : Module
        In evaluation mode.

    Returns
    -------
    str
        ``softmax``, ``log_softmax`` or ``sigmoid``; the name of another function, or of a layer's
        type; empty where the network cannot be traced.

    """
    if type(module) in SQUASHING:
        return SQUASHING[type(module)]
    try:
        made = graph.traced(module)
    except NotCoveredError:
        return ""
    output = next(node for node in made.graph.nodes if node.op == "output").args[0]
    while isinstance(output, fx.Node) and _does_nothing(made, output):
        output = output.args[0]
    return step_name(made, output) if isinstance(output, fx.Node) else ""


def _logits_of(given: Any, images: torch.Tensor, name: str) -> torch.Tensor:
    """Take the logits out of what a network gives, or refuse it."""
    found = first_tensor(given)
    if not isinstance(found, torch.Tensor):
        raise ConfigError(
            f"network '{name}' gives a {type(given).__name__}; expected a torch.nn.Module from "
            "images to one tensor of logits, or to a tuple, a mapping or an object that has one"
        )
    candidates = tensors_of(given)
    alike = len({one.shape for one in candidates}) <= 1  # such as logits and auxiliary ones
    if not alike or (candidates and candidates[0] is not found):
        shapes = ", ".join(str(tuple(one.shape)) for one in candidates)
        raise ConfigError(
            f"network '{name}' gives several tensors, of which {shapes} could be logits; expected one "
            "alone or first, or a key or field 'logits'"
        )
    if not found.is_floating_point():
        raise ConfigError(
            f"network '{name}' gives {found.dtype}; expected logits, which are floats"
        )
    if found.ndim != 2 or len(found) != len(images):
        raise ConfigError(
            f"network '{name}' gives an output of {tuple(found.shape)} for an input of "
            f"{tuple(images.shape)}; expected ({len(images)}, classes)"
        )
    return found


def squashed_below(module: nn.Module) -> str:
    """Name a softmax or sigmoid that lies below the last step, with no layer between.

    Parameters
    ----------
    module : Module
        In evaluation mode.

    Returns
    -------
    str
        Its function; empty where there is none, or the network cannot be traced.

    """
    try:
        made = graph.traced(module)
    except NotCoveredError:
        return ""
    data = graph.data_nodes(made.graph)
    front = [node for node in made.graph.nodes if node.op == "output"]
    seen: set[fx.Node] = set()
    while front:
        for source in front.pop().all_input_nodes:
            if source in seen or source not in data:
                continue
            seen.add(source)
            name = step_name(made, source)
            if name in SQUASHING.values():
                return name
            if name in _SHAPING:
                front.append(source)
    return ""


def step_name(made: nn.Module, node: fx.Node) -> str:
    """Name what a node of a traced network computes; see `last_step`.

    Parameters
    ----------
    made : Module
        That the graph belongs to.
    node : Node
        Of the graph.

    Returns
    -------
    str

    """
    if node.op == "call_module":
        kind = type(made.get_submodule(str(node.target)))
        return SQUASHING.get(kind, kind.__name__)
    return graph.function_name(node) if node.op.startswith("call") else node.op


def _does_nothing(made: nn.Module, node: fx.Node) -> bool:
    """Whether a step gives in evaluation what it is given."""
    if node.op == "call_module":
        return isinstance(made.get_submodule(str(node.target)), nn.Identity | nn.Dropout)
    return node.op == "call_function" and graph.function_name(node) == "dropout"


def _squashed(module: nn.Module, found: torch.Tensor, images: torch.Tensor, name: str) -> str:
    """Name the step that made probabilities of logits; empty for logits."""
    values = found.double()
    inside = bool(((values >= 0) & (values <= 1)).all())
    last = last_step(module)
    if last in SQUASHING.values():
        return last
    below = squashed_below(module) or ("" if last else calls.last_function(module, images))
    if below in SQUASHING.values():
        raise ConfigError(
            f"network '{name}' seems to give probabilities (a {below} lies below its last step "
            f"'{last or 'not known, since it cannot be traced'}'); expected logits, or a softmax or "
            "sigmoid as the last step"
        )
    step = (last or below).lower().replace("_", "")
    if step in FINAL:
        raise ConfigError(
            f"network '{name}' ends in {step}, which makes no logits; expected the values below it, or "
            "a softmax or sigmoid at the end"
        )
    many = found.shape[1] > 1
    sums = {
        "probabilities": many and inside and _are_one(values.sum(dim=1)),
        "logarithms of probabilities": many and _are_one(values.exp().sum(dim=1)),
    }
    for what, true in sums.items():
        if true:
            raise ConfigError(
                f"network '{name}' gives {what} (rows of {tuple(found.shape)} sum to 1), and its "
                f"last step is {last or 'not known'}; expected logits, or a softmax at the end"
            )
    return ""


def _are_one(sums: torch.Tensor) -> bool:
    return bool(((sums - 1).abs() < TOLERANCE).all())
