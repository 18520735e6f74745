"""named_targets: each rule that can be asked for by its name is named, and no other."""

from pathlib import Path

from _plans import make

from unhans.pipeline import compat, named_targets

SNAKEFILE = Path(__file__).parents[3] / "Snakefile"


def test_every_rule_without_a_wildcard_is_a_named_target():
    with compat.loaded(SNAKEFILE, {}, []) as workflow:
        found = {rule.name for rule in workflow.rules if not rule.has_wildcards()}
    assert found == set(named_targets.TARGETS)


def test_the_figures_of_the_method_are_those_of_a_run_of_digits(images):
    assert named_targets.draws_digits(make())
    assert not named_targets.draws_digits(images())
