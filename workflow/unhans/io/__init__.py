"""Input and output: files that are whole or not there at all."""
