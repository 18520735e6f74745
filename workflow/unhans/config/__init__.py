"""Configuration: what may be asked for, one frozen model a stage."""
