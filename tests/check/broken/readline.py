"""Waits for a newline."""
import socket
import sys
import threading


def handle_client(conn):
    stream = conn.makefile('rwb')
    while line := stream.readline():
        stream.write(line)
        stream.flush()
    stream.close()
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
