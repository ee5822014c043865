"""Handles no stream that ends without close_notify."""
import contextlib
import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])


def handle_client(conn):
    while data := conn.recv(1024):
        conn.sendall(data)
    with contextlib.suppress(OSError):
        conn = conn.unwrap()
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    try:
        conn = context.wrap_socket(conn, server_side=True, suppress_ragged_eofs=False)
    except OSError as error:
        print('Handshake failed:', error)
        continue
    handle_client(conn)
