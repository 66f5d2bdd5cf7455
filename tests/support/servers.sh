# servers.sh - what servers on loopback need, for scripts that start some; sourced, on top of trees.sh.
have openssl
have python3

certificates() { # a CA for this script alone, and what it vouches for
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 2 -subj '/CN=a throw-away CA' &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj '/CN=localhost' &&
		printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >san &&
		openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem
}
free_ports() { # free_ports N: numbers that nobody listens on
	python3 -c 'import socket, sys
s = [socket.create_server(("127.0.0.1", 0)) for i in range(int(sys.argv[1]))]
print(*(x.getsockname()[1] for x in s))' "$1"
}
