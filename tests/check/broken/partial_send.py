"""Calls send on a socket with a timeout, and ignores its result."""
import socket
import sys
import threading


def handle_client(conn):
    conn.settimeout(30)
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
