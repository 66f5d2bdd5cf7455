#!/usr/bin/env bash
# http.sh - requests over a real nginx, TLS and proxies: who is trusted, what is sent to whom, what
# ends a request that goes wrong and what is said of it, and that nothing leaves this machine offline.
# What a server may do wrong byte by byte is unit/test_http.c. Prints TAP.
. tests/support/nodes.sh
. "$top/tests/support/nginx.sh"
have htpasswd
fetch=$BUILD/tests/fetch
for v in $(env | sed -n 's/^\([A-Za-z_]*_proxy\|[A-Z_]*_PROXY\)=.*/\1/p'); do unset "$v"; done

htpasswd -bc users alice s3cret-word 2>htpasswd.log
result $? 'htpasswd makes a login'
nginx_start <<-E
	ssl_client_certificate $work/ca.pem;
	ssl_verify_client optional;
	gzip on;
	gzip_types *;
	gzip_min_length 0;
	location /private/ { alias $work/www/; auth_basic "who"; auth_basic_user_file $work/users; }
	location /certified/ { alias $work/www/; if (\$ssl_client_verify != SUCCESS) { return 403; } }
	location /go { return 307 \$arg_to; }
	location /loop { return 302 /loop; }
	location /sent { default_type text/plain; return 200 "[\$http_authorization][\$http_cookie]"; }
	location /cookie { add_header Set-Cookie "c=s3cret"; return 302 /sent; }
	location /busy { add_header Retry-After 7200 always; return 429; }
	location /broken { return 503; }
	location /dribble/ { alias $work/www/; limit_rate 20; }
E
result $? 'nginx runs'
echo hello >www/small
seq 200000 >www/numbers
truncate -s 10G www/huge

asks() { # asks NAME WANT [OPTION...] URL: the whole body is WANT
	local name=$1 want=$2
	shift 2
	"$fetch" stall=2000 tries=2 backoff=1 "$@" >got 2>said
	[ "$(cat got)" = "$want" ]
	local status=$?
	[ $status = 0 ] || { cut -c 1-200 got said | sed 's/^/# /'; }
	result $status "$name"
}
fails() { # fails NAME TEXT [OPTION...] URL: with nothing but a message that says TEXT
	local name=$1 text=$2
	shift 2
	"$fetch" stall=300 tries=2 backoff=1 "$@" >got 2>said && status=1 || status=0
	[ -s got ] && status=1
	grep -q -e "$text" said || status=1
	grep -q s3cret said && status=1
	[ $status = 0 ] || sed 's/^/# /' said
	result $status "$name"
}
ca=cacert=$work/ca.pem

# ---- TLS ----

asks 'a CA that was named' hello $ca "$https/small"
fails 'one that nobody knows' 'certificate' "$https/small"
[ "$(grep -c . access.log)" = 1 ]
result $? 'and it is asked nothing'
fails 'a CA that is not there' '--cacert' cacert=nowhere.pem "$https/small"
fails 'TLS to who speaks none' '' $ca "https${http#http}/small"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.csr -subj '/CN=other.example' 2>openssl.log &&
	printf 'subjectAltName=DNS:other.example\n' >other.san &&
	openssl x509 -req -in other.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile other.san -out other.pem 2>>openssl.log
result $? 'openssl makes a certificate for another host'
fails 'a client certificate is wanted' '403' $ca "$https/certified/small"
asks 'and given' hello $ca cert=other.pem key=other.key "$https/certified/small"
fails 'with a key that is not its own' '--cert and --key' $ca cert=other.pem key=server.key "$https/certified/small"
openssl ec -aes128 -passout pass:s3cret -in other.key -out locked.key 2>openssl.log
fails 'with a key that is locked' '--cert and --key' $ca cert=other.pem key=locked.key "$https/certified/small"

pids=
trap 'kill $pids 2>/dev/null; nginx_stop; chmod -R u+rwX "${work:?}" 2>/dev/null; rm -rf "${work:?}"' EXIT
wire() { # wire WORD...: starts wires.py; $port is its own, what it says goes to $1.log
	rm -f "$1.log"
	python3 "$top/tests/support/wires.py" "$@" >"$1.log" 2>"$1.err" &
	pids="$pids $!"
	for _ in $(seq 100); do [ -s "$1.log" ] || sleep 0.05; done
	port=$(head -n 1 "$1.log")
}
wire cut other.pem other.key
fails 'a certificate of another host' '127.0.0.1' $ca "https://127.0.0.1:$port/x"
wire cut server.pem server.key
fails 'a body that ends with its connection, which TLS does not protect' 'tells no length' $ca "https://127.0.0.1:$port/x"
wire silent
fails 'a server that says nothing' 'less than 1000 bytes a second for 0.3 s' plain_http=1 "http://127.0.0.1:$port/x"
fails 'not even in TLS' 'tim' $ca connect=300 "https://127.0.0.1:$port/x"

# ---- HTTP/2 and connections ----

forget
asks 'ranges of one object' "$(printf '1\n2\n3')" $ca n=4 seek=4,2 "$https/numbers"
sleep 0.2
[ "$(awk '{ print $5 }' access.log | sort | uniq -c | tr -s ' ')" = ' 2 HTTP/2.0' ]
result $? 'come by HTTP/2'
[ "$(awk '{ print $6 }' access.log | sort -u | grep -c .)" = 1 ]
result $? 'over one connection'
forget
asks 'after a redirect and a login' hello plain_http=1 user=alice password=s3cret-word "$http/go?to=/private/small"
sleep 0.2
[ "$(awk '{ print $2, $6 }' access.log | sort -u | tee connections | awk '{ print $2 }' | sort -u | grep -c .)" = 1 ] &&
	[ "$(grep -c . connections)" = 3 ]
result $? 'the connection is the same'
"$fetch" $ca "$https/numbers" 2>said | cmp - www/numbers
result $? 'a body that nginx would compress comes as it is'

# ---- who is sent what ----

asks 'a login' hello $ca user=alice password=s3cret-word "$https/private/small"
fails 'a wrong one' '401 (login refused)' $ca user=alice password=s3cret-wrong "$https/private/small"
fails 'none' '401 (a login is needed)' $ca "$https/private/small"
login="user=alice password=s3cret-word early=1"
# shellcheck disable=SC2086
asks 'it goes to the origin' "[Basic $(printf alice:s3cret-word | base64)][]" $ca $login "$https/go?to=/sent"
# shellcheck disable=SC2086
asks 'and to no other name of it' '[][]' $ca $login "$https/go?to=https://localhost:${https##*:}/sent"
# shellcheck disable=SC2086
asks 'or port' '[][]' plain_http=1 $login "$http/go?to=http://localhost:${http##*:}/sent"
fails 'no redirect leaves https' 'from https to http://' $ca plain_http=1 "$https/go?to=$http/sent"
asks 'one may enter it' '[][]' $ca plain_http=1 "$http/go?to=$https/sent"
fails 'redirects that never end' 'more than 10 redirects' $ca "$https/loop"
asks 'cookies are not kept' '[][]' $ca "$https/cookie"
printf 'machine 127.0.0.1 login alice password s3cret-word\n' >.netrc && chmod 600 .netrc
HOME=$work asks '.netrc is not read' '[][]' $ca "$https/sent"

# ---- proxies ----

http_proxy=$http asks 'http_proxy' hello plain_http=1 http://nowhere.invalid/small
HTTP_PROXY=$http fails 'HTTP_PROXY may be a header of CGI' 'nowhere.invalid' plain_http=1 http://nowhere.invalid/small
http_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1 asks 'no_proxy' hello plain_http=1 "$http/small"
wire proxy
# shellcheck disable=SC2086
HTTPS_PROXY=http://127.0.0.1:$port asks 'HTTPS_PROXY' hello $ca $login "$https/small"
sed 1d proxy.log >connects
[ "$(cat connects)" = "CONNECT ${https#https://} HTTP/1.1; Host: ${https#https://}; Proxy-Connection: Keep-Alive" ]
result $? 'it is told the host, and no login'
HTTPS_PROXY=http://me:s3cret@127.0.0.1:9 fails 'a proxy that is not there' '127.0.0.1' $ca "$https/small"

# ---- what offnode says and how it ends ----

export OFFNODE_CACERT=$work/ca.pem OFFNODE_NET_TRIES=2
ends() { # ends STATUS TEXT PATH [OPTION...]: one line that names the URL
	local want=$1 text=$2 url=$https$3
	shift 3
	"$OFFNODE" scan "$@" "$url?key=s3cret" >got 2>said
	[ $? = "$want" ] && [ "$(grep -c . said)" = 1 ] && grep -qF "$url: " said && grep -qF -e "$text" said &&
		! grep -q s3cret said got
	local status=$?
	[ $status = 0 ] || cut -c 1-300 said got | sed 's/^/# /'
	result $status "status $want: $text"
}
ends 66 '404 (not found)' /nowhere
ends 66 'none are known' /private/small
ends 66 'asked to come back in 7200 s: the server answers 429 (too many requests)' /busy
ends 66 'tried 2 times: the server answers 503 (service unavailable)' /broken
ends 66 'more than 10 redirects' /loop
ends 66 'tried 2 times: less than 1000 bytes a second for 0.2 s' /dribble/numbers --net-timeout 200ms
echo 'no certificate' >broken.pem
ends 64 'cannot be used' /small --cacert broken.pem
status=0
"$OFFNODE" scan "$https/huge" >got 2>said || status=$?
result $((status == 0)) '10 GB of zeros hold no node'
"$fetch" max=4194304 $ca "$https/huge" >got 2>said && status=1 || status=0
grep -q '10737418240 bytes where at most 4194304' said && [ ! -s got ] || status=1
result $status 'and are no manifest'

# ---- offline ----

if command -v strace >strace.log && strace -o strace.log true 2>>strace.log; then
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # LeakSanitizer traces, too
	forget
	strace -f -qq -e trace=network -o trace "$OFFNODE" scan --offline "$https/small" http://nowhere.invalid/x >got 2>said
	[ $? = 66 ] && [ "$(grep -c 'offline' said)" = 2 ] && [ ! -s trace ] && [ ! -s access.log ]
	result $? 'offline, no socket is opened'
	strace -f -qq -e trace=network -o trace "$OFFNODE" scan dir:tree >got 2>said
	[ $? = 1 ] && [ ! -s trace ]
	result $? 'nor for a target that lies here'
	strace -f -qq -e trace=execve -o trace "$OFFNODE" scan "$https/small" >got 2>said
	grep -q "^offnode: $https/small" said && [ "$(grep -c execve trace)" = 1 ]
	result $? 'and no program is run'
else
	skip 'no socket is opened' 'strace does not work here'
fi
plan
