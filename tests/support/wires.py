"""wires.py - what lies between a client and a server, on loopback, and is not as it should be.

	wires.py cut CERT KEY     TLS that ends in mid-body, without saying so
	wires.py silent           takes connections, and never says a word
	wires.py proxy            CONNECT for whoever asks (RFC 9110 section 9.3.6)

The port is printed first, and what a proxy is asked after it, a line each.
"""
import socket
import ssl
import sys
import threading


def request(s):
    text = b''
    while b'\r\n\r\n' not in text:
        piece = s.recv(65536)
        if not piece:
            break
        text += piece
    return text.decode('latin-1')


def cut(s, cert, key):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    t = tls.wrap_socket(s, server_side=True)
    request(t)
    t.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of it')
    socket.socket.shutdown(t, socket.SHUT_RDWR)


def silent(s):
    while s.recv(65536):
        pass


def copy(a, b):
    try:
        while piece := a.recv(65536):
            b.sendall(piece)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def proxy(s):
    lines = request(s).split('\r\n')
    print(*[x for x in lines if x and not x.startswith('User-Agent')], sep='; ', flush=True)
    host, port = lines[0].split()[1].rsplit(':', 1)
    with socket.create_connection((host, int(port))) as t:
        s.sendall(b'HTTP/1.1 200 Go\r\n\r\n')
        back = threading.Thread(target=copy, args=(t, s), daemon=True)
        back.start()
        copy(s, t)
        back.join()


def serve(s, how, args):
    try:
        how(s, *args)
    except (OSError, ValueError, IndexError):
        pass
    finally:
        s.close()


def main():
    how = {'cut': cut, 'silent': silent, 'proxy': proxy}[sys.argv[1]]
    listener = socket.create_server(('127.0.0.1', 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        s = listener.accept()[0]
        threading.Thread(target=serve, args=(s, how, sys.argv[2:]), daemon=True).start()


main()
