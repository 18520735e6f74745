"""One thread for each library, as in a job: import this before NumPy."""

from unhans.pipeline import job

job.prepare()
