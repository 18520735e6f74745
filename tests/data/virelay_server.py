"""ViRelAy on the loopback interface, where one is installed."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode

VARIABLE = "UNHANS_VIRELAY"
"""Environment variable that names the program, where none is on the path of programs."""

PATIENCE = 60.0
"""Seconds that the server may take to start, or to answer."""


def found():
    """Path of the program, or None."""
    return os.environ.get(VARIABLE) or shutil.which("virelay")


class Virelay:
    """A server of projects: ``with Virelay(path) as server:``."""

    def __init__(self, *projects):
        self._projects = [str(path) for path in projects]

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._address = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [found(), "--host", "127.0.0.1", "--port", str(port), *self._projects],
            env={**os.environ, "BROWSER": "true"},  # it opens one by itself
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.get("projects")
                return self
            except OSError:
                if time.monotonic() > end or self._process.poll() is not None:
                    self._process.kill()
                    said = self._process.communicate()[0].decode(errors="replace")
                    raise AssertionError(f"ViRelAy does not answer: {said[-2000:]}") from None
                time.sleep(0.1)

    def __exit__(self, *_):
        self._process.terminate()
        self._process.communicate(timeout=PATIENCE)

    def bytes(self, path, **query):
        """Content of an address, such as ``projects/0``."""
        address = f"{self._address}/api/{quote(path)}?{urlencode(query)}"
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return answer.read()

    def get(self, path, **query):
        """Value that an address answers with."""
        return json.loads(self.bytes(path, **query))
