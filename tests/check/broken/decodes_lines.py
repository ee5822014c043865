"""Prints received data as text."""
import socket
import sys
import threading


def handle_client(conn):
    while data := conn.recv(1024):
        print('Received:', data.decode(errors='replace'))
        conn.sendall(data)
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
print('Starting server on port', sys.argv[1])
while True:
    conn, addr = sock.accept()
    print('Received new connection from ', addr)
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
