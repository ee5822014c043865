"""Closes at the end of the stream, although a thread hasn't sent everything yet."""
import queue
import socket
import sys
import threading


def handle_client(conn):
    pending = queue.Queue()

    def send_pending():
        while True:
            try:
                conn.sendall(pending.get())
            except OSError:
                break

    threading.Thread(target=send_pending, daemon=True).start()
    while data := conn.recv(1024):
        pending.put(data)
    conn.shutdown(socket.SHUT_RDWR)
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
