"""Wraps the connection in its accept loop, so plaintext ends the server."""
import socket
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])


def handle_client(conn):
    try:
        while data := conn.recv(1024):
            conn.sendall(data)
        conn = conn.unwrap()
    except OSError as error:
        print('Connection failed:', error)
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    conn.settimeout(1)
    conn = context.wrap_socket(conn, server_side=True)
    conn.settimeout(None)
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
