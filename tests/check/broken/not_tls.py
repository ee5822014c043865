"""Serves without TLS."""
import socket
import sys
import threading


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
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
