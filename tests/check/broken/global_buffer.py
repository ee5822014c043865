"""Uses a global buffer in all threads."""
import socket
import sys
import threading


def handle_client(conn):
    global buffer
    while True:
        buffer = conn.recv(1024)
        if not buffer:
            break
        print('Received:', buffer)
        conn.sendall(buffer)
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
