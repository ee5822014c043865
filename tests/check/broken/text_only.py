"""Drops bytes that aren't UTF-8, although it decodes the stream as a whole."""
import socket
import sys
import threading


def handle_client(conn):
    import codecs
    decoder = codecs.getincrementaldecoder('utf-8')(errors='ignore')
    while data := conn.recv(1024):
        conn.sendall(decoder.decode(data).encode())
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
