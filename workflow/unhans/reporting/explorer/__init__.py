"""Explorer: a finished run as a folder of static files that a browser opens."""
