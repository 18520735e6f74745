"""Property-based tests: the same examples in each run, or UNHANS_EXAMPLES times as many others."""

import os

from hypothesis import HealthCheck, settings

TIMES = float(os.environ.get("UNHANS_EXAMPLES", "1"))

settings.register_profile(
    "bounded",
    deadline=None,
    derandomize="UNHANS_EXAMPLES" not in os.environ,
    database=None,
    max_examples=max(1, int(100 * TIMES)),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("bounded")
