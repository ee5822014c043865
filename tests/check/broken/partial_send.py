"""Calls send on a socket with a timeout, and ignores its result."""
import socket
import sys
import threading


def handle_client(conn):
    conn.settimeout(30)
    # Less than one recv returns, so that send never takes all of a large transfer.
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    while data := conn.recv(1 << 23):
        conn.send(data)
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
