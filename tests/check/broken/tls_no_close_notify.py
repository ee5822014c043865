"""Closes TLS connections without close_notify."""
import socket
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])


def handle_client(conn):
    try:
        conn = context.wrap_socket(conn, server_side=True)
        while data := conn.recv(1024):
            conn.sendall(data)
    except OSError as error:
        print('Connection failed:', error)
    conn.close()


sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(('localhost', int(sys.argv[1])))
sock.listen(5)
while True:
    conn, addr = sock.accept()
    threading.Thread(target=handle_client, args=(conn,), daemon=True).start()
