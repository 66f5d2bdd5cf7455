# nginx.sh - a real nginx on loopback that gives what lies in www/, for scripts that fetch; sourced, on
# top of trees.sh. It ends with the script. What it was asked is in access.log, a line each: method,
# status, bytes of body, path, protocol, and the number of the connection.
. "$top/tests/support/servers.sh"
have nginx

nginx_conf() { # nginx_conf PORT TLS-PORT < locations
	cat <<-E
		$([ "$(id -u)" = 0 ] && echo 'user root;')
		worker_processes 1;
		pid $work/nginx.pid;
		error_log $work/nginx.log;
		events {}
		http {
			log_format short '\$request_method \$status \$body_bytes_sent \$uri \$server_protocol \$connection';
			access_log $work/access.log short;
			client_body_temp_path $work/nginx.tmp;
			proxy_temp_path $work/nginx.tmp;
			fastcgi_temp_path $work/nginx.tmp;
			uwsgi_temp_path $work/nginx.tmp;
			scgi_temp_path $work/nginx.tmp;
			server {
				listen 127.0.0.1:$1;
				listen 127.0.0.1:$2 ssl http2;
				ssl_certificate $work/server.pem;
				ssl_certificate_key $work/server.key;
				root $work/www;
				$(cat)
			}
		}
	E
}
nginx_stop() {
	[ -s "$work/nginx.pid" ] && kill "$(cat "$work/nginx.pid")" 2>/dev/null
}
nginx_start() { # nginx_start < locations: sets $http and $https, its URLs
	local port tls
	mkdir -p www nginx.tmp && certificates >openssl.log 2>&1 || return
	cat >locations
	for _ in 1 2 3 4 5; do # somebody may take a port in between
		read -r port tls < <(free_ports 2)
		nginx_conf "$port" "$tls" <locations >nginx.conf
		nginx -q -p "$work" -c "$work/nginx.conf" 2>nginx.err && break
	done
	http=http://127.0.0.1:$port https=https://127.0.0.1:$tls
	trap 'nginx_stop; chmod -R u+rwX "${work:?}" 2>/dev/null; rm -rf "${work:?}"' EXIT
	for _ in $(seq 100); do
		[ -s nginx.pid ] && return
		sleep 0.05
	done
	sed 's/^/# /' nginx.err nginx.log
	return 1
}
# Requests of a path and the bytes they cost, since the log was emptied. A line is written when its
# request has ended, and so a little after who was asked knows.
asked() { # asked PATH: "REQUESTS BYTES"
	sleep 0.2
	awk -v path="$1" '$4 == path { n++; bytes += $3 } END { print n + 0, bytes + 0 }' access.log
}
forget() { : >access.log; }
