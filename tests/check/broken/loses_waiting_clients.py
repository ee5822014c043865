"""Opens a new listening socket for each client, and so loses those that wait."""
import socket
import sys


def listen():
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(('localhost', int(sys.argv[1])))
    sock.listen(5)
    return sock


sock = listen()
while True:
    conn, addr = sock.accept()
    while data := conn.recv(1024):
        conn.sendall(data)
    old, sock = sock, listen()
    old.close()
    conn.close()
