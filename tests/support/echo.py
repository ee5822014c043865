"""A client of an echo server, for the scripts that use the real program.

As a program of its own, `python3 tests/support/echo.py PORT [SECONDS]` connects as soon as the server lets it, within 30
seconds or as many as are given, and asserts the echo of every byte that there is.
"""

import socket
import sys
import time


def connect(port, host="127.0.0.1", patience=30):
    """A connection to a server that may be about to start; gives up after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection((host, port), timeout=20)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def echo(conn, data):
    """Sends this and asserts that just this comes back, in however many pieces."""
    conn.sendall(data)
    got = b""
    while len(got) < len(data):
        part = conn.recv(65536)
        assert part, "the server closed"
        got += part
    assert got == data, "this is not what was sent"


if __name__ == "__main__":
    with connect(int(sys.argv[1]), patience=float(sys.argv[2]) if sys.argv[2:] else 30) as client:
        echo(client, b"Hello\n")
        echo(client, bytes(range(256)) * 400)
