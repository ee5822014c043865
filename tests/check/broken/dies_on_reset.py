"""Handles no reset, so the first one ends the server."""
import socket
import sys


def handle_client(conn):
    while data := conn.recv(1024):
        conn.sendall(data)
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    handle_client(conn)
