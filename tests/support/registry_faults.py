#!/usr/bin/env python3
"""registry_faults.py PORT PLAIN-PORT REGISTRY WORK - a registry that does one thing wrong.

It passes requests for /v2/FAULT/NAME/… on to /v2/NAME/… of the real one at REGISTRY, and does by what
FAULT says. It is also a token server: /token gives one to alice with "geheim", or for the refresh
token "wieder", and /anonymous to everybody; the tokens of /token the real registry believes. Both are
spoken over TLS on PORT and in plain text on PLAIN-PORT. WORK has the keys, and gets asked.log: a line
for each request, with the kind of its Authorization.
"""
import base64, http.client, http.server, json, ssl, subprocess, sys, threading, time, urllib.parse

PORT, PLAIN, REGISTRY, WORK = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
HERE, THERE = f"https://localhost:{PORT}", f"http://localhost:{PLAIN}"


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(claims):
    """A JSON Web Token, RS256, with its certificate."""
    der = "".join(open(f"{WORK}/token.pem").read().split("\n")[1:-2])
    head = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
    text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(claims).encode())
    mark = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{WORK}/token.key"], input=text.encode(),
                          stdout=subprocess.PIPE, check=True).stdout
    return text + "." + b64(mark)


def token(scope, service):
    kind, name, actions = scope.split(":")
    now = int(time.time())
    return signed({"iss": "tests", "sub": "alice", "aud": service, "exp": now + 300, "nbf": now - 10, "iat": now,
                   "jti": str(now), "access": [{"type": kind, "name": name, "actions": actions.split(",")}]})


class Faults(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self):
        kind = self.headers.get("Authorization", "-").split(" ")[0]
        with open(f"{WORK}/asked.log", "a") as log:
            log.write(f"{self.server.server_port} {self.command} {urllib.parse.unquote(self.path)} {kind}\n")

    def reply(self, status, body=b"", length=None, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def challenge(self, text):
        self.reply(401, WWW_Authenticate=text)

    # ---- the token server ----

    def give_token(self, query):
        scope = query.get("scope", ["repository:x:pull"])[0]
        self.reply(200, json.dumps({"access_token": token(scope, query["service"][0])}).encode())

    def do_POST(self):
        self.note()
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        good = form.get("refresh_token") == ["wieder"] and form.get("grant_type") == ["refresh_token"]
        self.give_token(form) if good else self.reply(401)

    def get_token(self, url):
        query = urllib.parse.parse_qs(url.query)
        alice = "Basic " + base64.b64encode(b"alice:geheim").decode()
        if url.path == "/anonymous":
            self.reply(200, b'{"token": "nobody"}')
        elif url.path == "/nothing":
            self.reply(200, b'{"expires_in": 60}')
        elif url.path == "/split":
            self.reply(200, b'{"token": "a\\r\\nX-Evil: 1"}')
        elif self.headers.get("Authorization") == alice:
            self.give_token(query)
        else:
            self.challenge('Basic realm="tests"')

    # ---- the registry ----

    def real(self, path):
        c = http.client.HTTPConnection(REGISTRY)
        c.request("GET", path, headers={"Accept": self.headers.get("Accept", "*/*")})
        r = c.getresponse()
        return r.status, {k: v for k, v in r.getheaders() if k in ("Content-Type", "Docker-Content-Digest")}, r.read()

    def pass_on(self, fault, path):
        manifest, by_digest = "/manifests/" in path, "sha256:" in path
        status, fields, body = self.real(path)
        length = None
        if fault == "huge" and manifest:
            body, length = b" " * 65536, 10 << 30
        elif fault == "manifest" and manifest and by_digest or fault == "flipped" and not manifest:
            body = body[:-1] + bytes([body[-1] ^ 1])
        elif fault == "short" and not manifest:
            body = body[:-1]
        elif fault == "long" and not manifest:
            body += b"x"
        elif fault == "digest" and manifest:
            fields["Docker-Content-Digest"] = "sha256:" + 64 * "0"
        elif fault == "vague" and manifest:
            fields["Content-Type"] = "text/plain"
        elif fault == "type" and manifest:
            fields["Content-Type"] = "application/vnd.oci.image.index.v1+json"
        self.reply(status, body, length, **{k.replace("-", "_"): v for k, v in fields.items()})

    def do_GET(self):
        self.note()
        url = urllib.parse.urlsplit(self.path)
        _, v2, fault, *rest = url.path.split("/") + ["", ""]
        path = "/v2/" + "/".join(rest).rstrip("/")
        said = self.headers.get("Authorization", "")
        realms = {"loop": f"{HERE}/anonymous", "nothing": f"{HERE}/nothing", "split": f"{HERE}/split",
                  "plain": f"{THERE}/token", "odd": "nowhere", "elsewhere": f"https://127.0.0.1:{PORT}/token"}
        if v2 != "v2":
            self.get_token(url)
        elif fault in realms and (fault == "loop" or not said.startswith("Bearer ")):
            self.challenge(f'Bearer realm="{realms[fault]}",service="tests",scope="repository:all:*"')
        elif fault == "basic" and not said:
            self.challenge('Negotiate, Basic realm="tests"')
        elif fault == "foreign":
            self.challenge("Negotiate")
        elif fault == "moved" and "/blobs/" in path:
            self.reply(307, Location=f"https://127.0.0.1:{PORT}/v2/none{path[3:]}")
        elif fault == "moved" and not said:
            self.challenge('Basic realm="tests"')
        else:
            self.pass_on(fault, path)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        pass


plain = Server(("127.0.0.1", PLAIN), Faults)
secure = Server(("127.0.0.1", PORT), Faults)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(f"{WORK}/server.pem", f"{WORK}/server.key")
secure.socket = tls.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=plain.serve_forever, daemon=True).start()
secure.serve_forever()
