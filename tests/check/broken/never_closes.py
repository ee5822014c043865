"""Ignores the end of the stream."""
import socket
import sys
import threading


def handle_client(conn):
    import time
    while True:
        data = conn.recv(1024)
        if not data:
            time.sleep(0.1)
            continue
        conn.sendall(data)


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
