"""A network as a list of steps, each with its rule: run forwards, and relevance brought back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from torch import Tensor

from unhans.attribution.lrp import rules
from unhans.attribution.lrp.rules import Memo, Rule
from unhans.errors import NotCoveredError


@dataclass
class Step:
    """A rule, and the values that it works on.

    Parameters
    ----------
    rule : Rule
        How the step runs, and how relevance flows back through it.
    sources : tuple of int
        Numbers of its input values: 0 the network's input, k the output of the k-th step.
    frees : tuple of int
        Values that no later step works on.

    """

    rule: Rule
    sources: tuple[int, ...]
    frees: tuple[int, ...] = ()


class Watcher(Protocol):
    """Takes values inside a network and their relevance; `hidden.Recorder` is one."""

    def output(self, part: str, value: Tensor) -> None:
        """Take what a part of the network gives.

        Parameters
        ----------
        part : str
            Name of the part.
        value : Tensor, shape (n, ...)
            Its output.

        """

    def relevance(self, part: str, relevance: Tensor) -> None:
        """Take the relevance of what a part gave.

        Parameters
        ----------
        part : str
            Name of the part.
        relevance : Tensor, shape of its output
            It may be overwritten afterwards.

        """


class Program(NamedTuple):
    """A network as steps.

    Parameters
    ----------
    steps : list of Step
        In the order of the forward pass.
    output : int
        Number of the value that is the network's output; numbers as of `Step`.
    watched : mapping of int to tuple of str
        Names of values whose relevance is taken, by the number of the value.

    """

    steps: list[Step]
    output: int
    watched: Mapping[int, tuple[str, ...]] = {}

    def forward(self, x: Tensor, watcher: Watcher | None = None) -> tuple[Tensor, list[Memo]]:
        """Run the network.

        Parameters
        ----------
        x : Tensor, shape (n, c, h, w)
            Images.
        watcher : Watcher, optional
            Takes the watched values.

        Returns
        -------
        output : Tensor
            Of the network.
        memos : list
            What each step keeps for its backward pass.

        """
        values, memos = {0: x}, []
        for number, step in enumerate(self.steps, 1):
            values[number], memo = step.rule.forward(*(values[source] for source in step.sources))
            memos.append(memo)
            if watcher is not None:
                for part in self.watched.get(number, ()):
                    watcher.output(part, values[number])
            for used in step.frees:
                del values[used]
        return values[self.output], memos

    def backward(
        self, start: Tensor, memos: list[Memo], watcher: Watcher | None = None
    ) -> Tensor | None:
        """Bring relevance of the output to the input.

        Parameters
        ----------
        start : Tensor, shape of the output
            Relevance to begin with.
        memos : list
            As `forward` gave them; they are used up.
        watcher : Watcher, optional
            Takes the relevance of watched values that a path leads from to the logits.

        Returns
        -------
        Tensor, shape (n, c, h, w), or None
            Relevance of the input; None where no path leads to it.

        """
        flows = {self.output: start}
        for number, step in reversed(list(enumerate(self.steps, 1))):
            flow, memo = flows.pop(number, None), memos.pop()
            if flow is None:  # nothing after it leads to the logits
                continue
            if watcher is not None:
                for part in self.watched.get(number, ()):
                    watcher.relevance(part, flow)
            found = step.rule.backward(flow, memo)
            for source, relevance in zip(step.sources, found, strict=True):
                flows[source] = flows[source] + relevance if source in flows else relevance
        return flows.get(0)


class ProgramBuilder:
    """Collects the steps of a network in the order in which they run."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._signed = [True]  # of each value; the images may have any sign
        self._overwritten: list[int] = []

    def add(self, rule: Rule, *sources: int) -> int:
        """Add a step.

        Parameters
        ----------
        rule : Rule
            Of the step.
        *sources : int
            Numbers of its input values.

        Returns
        -------
        int
            Number of its output value.

        """
        self._steps.append(Step(rule, sources))
        self._signed.append(rule.signed(*(self._signed[source] for source in sources)))
        return len(self._steps)

    def is_signed(self, value: int) -> bool:
        """Whether a value may be negative.

        Parameters
        ----------
        value : int
            Its number.

        Returns
        -------
        bool

        """
        return self._signed[value]

    def overwrite(self, value: int) -> None:
        """Note that a layer of the network works in place.

        Parameters
        ----------
        value : int
            The value that the layer overwrites.

        """
        self._overwritten.append(value)

    def finish(self, output: int, watched: Mapping[int, tuple[str, ...]]) -> Program:
        """Make the program, in which values are freed after their last use.

        Parameters
        ----------
        output : int
            Number of the value that is the network's output.
        watched : mapping of int to tuple of str
            Names of values that stay as they are until relevance comes back.

        Returns
        -------
        Program

        Raises
        ------
        NotCoveredError
            There are no steps, or a layer overwrites what another one reads.

        """
        if not self._steps:
            raise NotCoveredError("it has no layers")
        uses = [source for step in self._steps for source in step.sources] + [output]
        for value in self._overwritten:
            self._check_single_use(value, uses)
        last = {source: step for step in self._steps for source in step.sources}
        for step in self._steps:
            step.frees = tuple(
                source
                for source in dict.fromkeys(step.sources)
                if last[source] is step and source != output
            )
            rule, value = step.rule, step.sources[0]
            if value in watched:
                continue
            if isinstance(rule, rules.Rectifier) and value > 0 and uses.count(value) == 1:
                rule.in_place = self._steps[value - 1].rule.fresh
        return Program(self._steps, output, watched)

    def _check_single_use(self, value: int, uses: list[int]) -> None:
        if uses.count(value) > 1:
            raise NotCoveredError("a layer overwrites in place what another one reads")
        # A flattened value lies in the memory of the value before it.
        if value > 0 and isinstance(self._steps[value - 1].rule, rules.Flatten):
            self._check_single_use(self._steps[value - 1].sources[0], uses)
