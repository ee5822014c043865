"""Closes the connection when the data that recv returned has no newline at its end."""
import socket
import sys

sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    data = conn.recv(1024)
    while data:
        conn.sendall(data)
        if not data.endswith(b'\n'):
            break
        data = conn.recv(1024)
    conn.close()
