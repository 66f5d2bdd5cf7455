# registry.sh - real registries (Debian's docker-registry) on loopback, for scripts that ask some; sourced by
# those that have a directory $work, where all of them keep one store. They end with the script.
registry_program=$(command -v docker-registry || command -v registry)
registry_pids=

registry_end() { # also removes $work
	# shellcheck disable=SC2086 # numbers are words
	[ -z "$registry_pids" ] || kill $registry_pids 2>/dev/null
	chmod -R u+rwX "${work:?}" 2>/dev/null
	rm -rf "${work:?}"
}
trap registry_end EXIT

registry_serve() { # registry_serve PORT tls|plain < more of its configuration
	{
		printf 'version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: %s}\n' "$work/store"
		printf 'http:\n  addr: 127.0.0.1:%s\n' "$1"
		[ "$2" = plain ] || printf '  tls: {certificate: %s, key: %s}\n' "$work/server.pem" "$work/server.key"
		cat
	} >"$work/registry.$1.yml"
	"$registry_program" serve "$work/registry.$1.yml" >>"$work/access.log" 2>"$work/registry.$1.log" </dev/null &
	registry_pids="$registry_pids $!"
}
registry_start() { # one for everybody; sets $registry, "127.0.0.1:PORT"
	local port
	for _ in 1 2 3; do # somebody may take the port in between
		port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])') || return
		registry_serve "$port" plain </dev/null
		for _ in $(seq 100); do
			kill -0 $! 2>/dev/null || break
			(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && registry=127.0.0.1:$port && return
			sleep 0.05
		done
	done
	sed 's/^/# /' "$work/registry.$port.log" | head
	return 1
}
registry_blob() { # registry_blob sha256:HEX: where a blob lies in the store
	echo "$work/store/docker/registry/v2/blobs/sha256/${1:7:2}/${1:7}/data"
}
push() { # push OCI-LAYOUT:TAG NAME:TAG
	skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:$1" "docker://$registry/$2"
}
