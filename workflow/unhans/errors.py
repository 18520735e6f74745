"""Errors: each message names a file or a key, and what was expected of it."""


class UnhansError(Exception):
    """A fault that a person can mend; its message is shown alone, without a traceback."""


class ConfigError(UnhansError):
    """The configuration names an unknown key or holds an impossible value."""


class StoreError(UnhansError):
    """A result file is missing, damaged, or not what its stage should have written."""


class MetricError(UnhansError):
    """A metric of a user's own cannot be imported, fails, or returns no matrix of distances."""


class InputError(UnhansError, ValueError):
    """Data that cannot be used: wrong shape, not finite, too few images.

    In a job the class is set aside with the message as the reason, and the other classes continue.
    """


class SetAsideError(InputError):
    """A stage above set this class aside; the message is the reason that it gave."""


class NotCoveredError(InputError):
    """The fast LRP engine has no rule for a part of a network; the message names the part."""
