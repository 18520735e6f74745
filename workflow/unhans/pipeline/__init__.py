"""Pipeline: what the workflow runs, and when; imported by the Snakefile and the scripts."""
