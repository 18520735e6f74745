"""Hand a script to the process that jobs are forked from, and end as it ends (see `_job_starter`)."""

import json
import os
import socket
import sys

address, script = sys.argv[1:]
connection = socket.socket(socket.AF_UNIX)
connection.connect(address)
call = {"script": script, "folder": os.getcwd(), "environment": dict(os.environ)}
socket.send_fds(connection, [json.dumps(call).encode()], [1, 2])
sys.exit(int(connection.recv(16) or b"1"))
