"""Prints other lines than the tutorial's program."""
import socket
import sys
import threading


def handle_client(conn):
    print('new client')
    while data := conn.recv(1024):
        print('got', len(data), 'bytes')
        conn.sendall(data)
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
print('ready')
while True:
    conn, addr = sock.accept()
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
