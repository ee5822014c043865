"""Expects that each client sends something."""
import socket
import sys
import threading


def handle_client(conn):
    import os
    data = conn.recv(1024)
    if not data:
        print('a client without a message', file=sys.stderr, flush=True)
        os._exit(1)
    while data:
        conn.sendall(data)
        data = conn.recv(1024)
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
