# registry.sh - a real registry (Debian's docker-registry) on loopback, for scripts that ask one; sourced by
# those that have a directory $work. It ends with the script, and the directory with it.

registry_stop() {
	[ -s "$work/registry.pid" ] && kill "$(cat "$work/registry.pid")" 2>/dev/null
}
registry_start() { # sets $registry, "127.0.0.1:PORT", and $registry_blobs, where it keeps them
	local port
	port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])') || return
	cat >"$work/registry.yml" <<-E
		version: 0.1
		log: {level: error, accesslog: {disabled: true}}
		storage: {filesystem: {rootdirectory: $work/registry}}
		http: {addr: "127.0.0.1:$port"}
	E
	docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
	echo $! >"$work/registry.pid"
	trap 'registry_stop; chmod -R u+rwX "${work:?}" 2>/dev/null; rm -rf "${work:?}"' EXIT
	registry=127.0.0.1:$port registry_blobs=$work/registry/docker/registry/v2/blobs
	for _ in $(seq 100); do
		python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null && return
		sleep 0.1
	done
	sed 's/^/# /' "$work/registry.log"
	return 1
}
push() { # push OCI-LAYOUT:TAG NAME:TAG
	skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:$1" "docker://$registry/$2"
}
