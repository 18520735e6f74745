"""unhans: find and remove Clever Hans behaviour in image classifiers, dataset-wide.

The names below are the public API, for use without the workflow (``import unhans as uh``). Each is
imported when it is first used (PEP 562): importing the package imports nothing heavy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unhans.artefacts.isolation import isolate as isolate
    from unhans.artefacts.response import response as response
    from unhans.attribution.explainer import attribute as attribute
    from unhans.correction.cav import fit_cav as fit_cav
    from unhans.correction.clarc import p_clarc as p_clarc
    from unhans.correction.layers import activations as activations
    from unhans.detection.group_search import find_groups as find_groups
    from unhans.errors import ConfigError as ConfigError
    from unhans.errors import InputError as InputError
    from unhans.errors import MetricError as MetricError
    from unhans.errors import StoreError as StoreError
    from unhans.errors import UnhansError as UnhansError
    from unhans.io.results import Results as Results
    from unhans.io.results import open_results as open_results
    from unhans.spray.affinity import knn_affinity as knn_affinity
    from unhans.spray.analysis import Run as Run
    from unhans.spray.analysis import analyse as analyse
    from unhans.spray.clustering import kmeans as kmeans
    from unhans.spray.conductance import conductance as conductance
    from unhans.spray.embedding import spectral as spectral
    from unhans.spray.laplacian import symmetric_normalized as symmetric_normalized
    from unhans.spray.metrics import register_metric as register_metric
    from unhans.spray.neighbours import neighbours as neighbours
    from unhans.spray.pairwise import pairwise as pairwise
    from unhans.spray.preprocessing import as_distribution as as_distribution
    from unhans.spray.preprocessing import represent as represent
    from unhans.spray.preprocessing import sum_pool as sum_pool
    from unhans.spray.preprocessing import unit_norm as unit_norm
    from unhans.spray.separability import fisher as fisher
    from unhans.spray.separability import tau as tau

__version__ = "0.1.0"

_PLACES = {
    "analyse": "spray.analysis.analyse",
    "Run": "spray.analysis.Run",
    "represent": "spray.preprocessing.represent",
    "sum_pool": "spray.preprocessing.sum_pool",
    "as_distribution": "spray.preprocessing.as_distribution",
    "unit_norm": "spray.preprocessing.unit_norm",
    "pairwise": "spray.pairwise.pairwise",
    "neighbours": "spray.neighbours.neighbours",
    "register_metric": "spray.metrics.register_metric",
    "knn_affinity": "spray.affinity.knn_affinity",
    "symmetric_normalized": "spray.laplacian.symmetric_normalized",
    "spectral": "spray.embedding.spectral",
    "kmeans": "spray.clustering.kmeans",
    "fisher": "spray.separability.fisher",
    "tau": "spray.separability.tau",
    "conductance": "spray.conductance.conductance",
    "find_groups": "detection.group_search.find_groups",
    "attribute": "attribution.explainer.attribute",
    "isolate": "artefacts.isolation.isolate",
    "response": "artefacts.response.response",
    "activations": "correction.layers.activations",
    "fit_cav": "correction.cav.fit_cav",
    "p_clarc": "correction.clarc.p_clarc",
    "open_results": "io.results.open_results",
    "Results": "io.results.Results",
    "UnhansError": "errors.UnhansError",
    "ConfigError": "errors.ConfigError",
    "InputError": "errors.InputError",
    "MetricError": "errors.MetricError",
    "StoreError": "errors.StoreError",
}
"""Module and name, within the package, of each name of the API."""

_POSITIONAL = 3
"""Arguments that a function of the API takes by their position at most; it takes the others by name."""

__all__ = [*_PLACES, "__version__"]


def __getattr__(name: str) -> Any:
    """Import a name of the API when it is first used."""
    if name not in _PLACES:
        raise AttributeError(f"module 'unhans' has no attribute '{name}'")
    from importlib import import_module

    module, _, own = _PLACES[name].rpartition(".")
    found = getattr(import_module(f"unhans.{module}"), own)
    if not isinstance(found, type):
        found = _checked(found, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Names of the package, those that are not imported yet included."""
    return sorted({*globals(), *_PLACES})


def _checked(function: Any, name: str) -> Any:
    """Let a function take no more than `_POSITIONAL` of its arguments by position, and none unknown."""
    import functools
    import inspect

    from unhans.errors import ArgumentError

    signature = inspect.signature(function)
    by_position = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        if place >= _POSITIONAL and parameter.kind is by_position
        else parameter
        for place, parameter in enumerate(signature.parameters.values())
    ]
    known = [parameter.name for parameter in parameters]
    taken = sum(parameter.kind is by_position for parameter in parameters)
    takes_options = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        if len(arguments) > taken:
            plural = "s" if taken != 1 else ""
            raise ArgumentError(
                f"{name}() takes {taken} argument{plural} by position; name the others"
            )
        for option in () if takes_options else options:
            if option not in known:
                raise ArgumentError(_unknown(f"{name}()", option, known))
        return function(*arguments, **options)

    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    # Other processes find the function again by this name.
    call.__module__, call.__qualname__ = __name__, name
    return call


def _unknown(function: str, option: str, known: list[str]) -> str:
    """Say that a function has no argument of a name, and which are near."""
    from unhans.errors import near

    expected = near(option, known) or f"expected {', '.join(known)}"
    return f"{function} has no argument '{option}'; {expected}"
