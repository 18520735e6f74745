"""Execution: how the work is cut into jobs."""

from pydantic import Field

from unhans.config.fields import AutoOrCount, Section


class Execution(Section):
    """How the work is cut into jobs; changes no result."""

    classes_per_job: AutoOrCount = Field(
        "auto",
        description="Classes that one job of a stage computes, one after the other, so that imports "
        "and submissions are paid once. auto: 5 of digits, whose work takes less time than its "
        "imports; of image files 1 up to 63 classes, 25 from 64 on.",
    )

    def chunk(self, classes: int, *, digits: bool = False) -> int:
        """How many classes one job takes, of a corpus that has so many.

        Parameters
        ----------
        classes : int
            Number of classes of the corpus.
        digits : bool
            Whether its images are the built-in digits.

        Returns
        -------
        int
        """
        if self.classes_per_job != "auto":
            return self.classes_per_job
        if digits:
            return 5
        return 1 if classes < 64 else 25
