#!/usr/bin/env python3
"""faults.py FILE - an HTTP server on loopback that gives FILE at any path, and goes wrong as the path says.

Prints its port. /changes: another strong ETag from the third request on; /grows: another size; /nothing:
no validator at all; /weak: a weak ETag that changes each time; /drops: each connection breaks after
1500000 bytes of body; /lies: a Content-Range that was not asked for; /forgets: ranges are given once;
/expires: leads to a
link that is refused each third time; /unsized: all of it, in chunks and without a length; /anything: all of it, no ranges.
"""
import http.server
import os
import re
import sys

FILE = open(sys.argv[1], 'rb').read()
asked = {}


class Faults(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def fields(self, n):
        kind = self.path
        if kind == '/changes':
            self.send_header('ETag', '"%d"' % (n > 2))
        elif kind == '/weak':
            self.send_header('ETag', 'W/"%d"' % n)
        elif kind != '/nothing':
            self.send_header('ETag', '"always"')

    def part(self, n, first, last):
        size = len(FILE) + (self.path == '/grows' and n > 2)
        self.send_response(206)
        moved = -4096 if self.path == '/lies' and n > 2 else 0
        self.send_header('Content-Range', 'bytes %d-%d/%d' % (first + moved, last + moved, size))
        self.send_header('Content-Length', str(last - first + 1))
        self.fields(n)
        self.end_headers()
        body = FILE[first:last + 1]
        if self.path == '/drops' and len(body) > 1500000:
            self.wfile.write(body[:1500000])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def whole(self, n):
        self.send_response(200)
        self.fields(n)
        if self.path != '/unsized':
            self.send_header('Content-Length', str(len(FILE)))
            self.end_headers()
            self.wfile.write(FILE)
            return
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for at in range(0, len(FILE), 1 << 20):
            piece = FILE[at:at + (1 << 20)]
            self.wfile.write(b'%x\r\n%s\r\n' % (len(piece), piece))
        self.wfile.write(b'0\r\n\r\n')

    def do_GET(self):
        n = asked[self.path] = asked.get(self.path, 0) + 1
        wanted = re.fullmatch(r'bytes=(\d+)-(\d*)', self.headers.get('Range', ''))
        tag = self.headers.get('If-Range')
        if self.path == '/changes' and tag and tag != '"%d"' % (n > 2):
            wanted = None
        if self.path in ('/unsized', '/anything') or (self.path == '/forgets' and n > 2):
            wanted = None
        if self.path == '/expires' or (self.path == '/signed' and n % 3 == 0):
            self.send_response(302 if self.path == '/expires' else 403)
            self.send_header('Location', '/signed')
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        try:
            if wanted:
                last = int(wanted[2]) if wanted[2] else len(FILE) - 1
                self.part(n, int(wanted[1]), min(last, len(FILE) - 1))
            else:
                self.whole(n)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Faults)
print(server.server_address[1], flush=True)
server.serve_forever()
