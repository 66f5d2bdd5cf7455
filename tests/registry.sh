#!/usr/bin/env bash
# registry.sh - the sample node in a real registry, put there by skopeo and buildah: offnode says the same
# of docker://… as of the OCI layout. Then logins of every kind from every place, and registries that do
# one thing wrong each. Prints TAP.
. tests/support/nodes.sh
. "$top/tests/support/servers.sh"
. "$top/tests/support/registry.sh"
have skopeo
have curl
have htpasswd
[ "$registry_program" ] || { skip 'a registry' 'docker-registry is not installed' && plan && exit; }
export HOME=$work/home OFFNODE_CACERT=$work/ca.pem OFFNODE_NET_TRIES=1 OFFNODE_NO_CACHE=1
unset XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_CACHE_HOME DOCKER_CONFIG REGISTRY_AUTH_FILE
mkdir -p "$HOME"

# ---- registries over one store: open, over TLS, with passwords, with tokens ----

answers() { # answers URL: within ten seconds
	for _ in $(seq 200); do
		curl -s -o /dev/null --cacert ca.pem "$1" && return
		sleep 0.05
	done
	return 1
}
certificates >openssl.log 2>&1
openssl req -x509 -newkey rsa:2048 -nodes -keyout token.key -out token.pem -days 2 -subj /CN=tokens >openssl.log 2>&1
htpasswd -Bbn -C 4 alice geheim >htpasswd 2>/dev/null
read -r p_open p_tls p_basic p_token p_fault p_plain < <(free_ports 6)
registry_serve "$p_open" plain </dev/null
registry_serve "$p_tls" tls </dev/null
registry_serve "$p_basic" tls <<<"auth: {htpasswd: {realm: tests, path: $work/htpasswd}}"
registry_serve "$p_token" tls <<<"auth: {token: {realm: 'https://localhost:$p_fault/token', service: tests, issuer: tests,
  rootcertbundle: $work/token.pem}}"
python3 "$top/tests/support/registry_faults.py" "$p_fault" "$p_plain" "127.0.0.1:$p_open" "$work" >faults.log 2>&1 &
registry_pids="$registry_pids $!"
open=localhost:$p_open tls=localhost:$p_tls basic=localhost:$p_basic token=localhost:$p_token fault=localhost:$p_fault
answers "http://$open/v2/" && answers "https://$tls/v2/" && answers "https://$basic/v2/" &&
	answers "https://$token/v2/" && answers "https://$fault/anonymous"
status=$?
result $status 'the registries run'
[ $status = 0 ] || { tail -n 3 registry.*.log faults.log | sed 's/^/# /' && plan && exit; }

# ---- what is in them ----

copy() {
	skopeo --insecure-policy copy -q --dest-tls-verify=false "$@" >skopeo.log 2>&1 || sed 's/^/# /' skopeo.log
}
node=$top/testdata/images/node-fail.oci.tar
copy "oci-archive:$node" oci:node:v1
copy oci:node:v1 "docker://$open/node:v1"
copy --dest-compress-format zstd oci:node:v1 oci:zstd:v1
copy oci:zstd:v1 "docker://$open/team/zstd:v1"
copy --format v2s2 oci:node:v1 "docker://$open/docker2:v1"
copy "oci-archive:$top/testdata/images/node-pass.oci.tar" "docker://$open/node:v2"
by_buildah() {
	local arch image
	set -- buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run"
	"$@" manifest create both && for arch in amd64 arm64; do
		image=$("$@" from --arch $arch scratch) && "$@" copy -q "$image" tree / &&
			{ [ $arch = arm64 ] || "$@" copy -q "$image" only /only; } &&
			"$@" config --arch $arch --os linux "$image" &&
			"$@" commit -q "$image" "$arch" && "$@" manifest add both "containers-storage:localhost/$arch" || return
	done
	"$@" manifest push --all --tls-verify=false both "docker://$open/both:v1"
}
echo only >only
command -v buildah >/dev/null && by_buildah >buildah.log 2>&1 && buildah=1 || buildah=

# ---- the same as the layout ----

told() { # told VERBS TARGET OPTION...: all that is said, but for the target, its kind and how it was read
	local verb
	for verb in $1; do
		"$OFFNODE" "$verb" -f json "${@:2}" 2>&1 </dev/null
		echo "$verb: status $?"
	done | sed -E -e '/"fetched": \{/,/\}/d' -e '/^ *"(target|kind|readAs|trail)": "(docker:|registry|oci)/d'
}
alike() { # alike NAME LAYOUT TARGET OPTION...
	told 'scan inspect config' "$2" >want.told && told 'scan inspect config' "${@:3}" >got.told
	diff want.told got.told >difference && grep -q '^scan: status 1$' got.told
	local status=$?
	[ $status = 0 ] || sed -n '1,30s/^/# /p' difference
	result $status "$1"
}
digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$open/node:v1")
alike 'docker://, over TLS' oci:node:v1 "docker://$tls/node:v1"
alike 'docker://, over plain HTTP' oci:node:v1 "docker://$open/node:v1" --plain-http
alike 'registry:' oci:node:v1 "registry:$tls/node:v1"
alike 'by digest' oci:node:v1 "docker://$tls/node@$digest"
alike 'by digest, whatever the tag' oci:node:v1 "docker://$tls/node:v9@$digest"
alike 'layers in zstd, a name of two parts' oci:zstd:v1 "docker://$tls/team/zstd:v1"
alike 'one layer after another' oci:node:v1 "docker://$tls/node:v1" --jobs 1
says 'what it was read from' 0 'read as   registry > manifest > 3 layers' inspect "docker://$tls/node:v1"
says 'all of it was fetched' 0 'fetched   [0-9.]*K of [0-9.]*K, 5 requests' inspect "docker://$tls/node:v1"
facts "docker://$tls/docker2:v1" >got && diff -u want got >difference
result $? "Docker's own media types: the verdicts of the node"
differs='' same 'a node in layers is the node' "docker://$tls/node:v1" 'registry > manifest > 3 layers'

if [ "$buildah" ]; then
	copy --src-tls-verify=false --all "docker://$open/both:v1" oci:both:v1
	alike 'an index of buildah' oci:both:v1 "docker://$tls/both:v1" --platform linux/amd64
	says 'of one platform there is a file' 0 '^only$' cat "docker://$tls/both:v1" /only --platform linux/amd64
	says 'and of the other there is not' 66 '/only' cat "docker://$tls/both:v1" /only --platform linux/arm64
	says 'an index is a step' 0 'registry > index > manifest > ' inspect "docker://$tls/both:v1" --platform linux/arm64
	says 'a platform that is not there' 69 'no image for linux/s390x, only for linux/' scan "docker://$tls/both:v1" \
		--platform linux/s390x
elif [ "$(id -u)" = 0 ] && command -v buildah >/dev/null; then
	sed 's/^/# /' buildah.log
	result 1 'an index of buildah'
else
	skip 'an index of buildah' 'buildah is not installed, or does not run for this user'
fi
says 'a platform that the only image is not for' 69 'no image for linux/s390x' scan "docker://$tls/node:v1" \
	--platform linux/s390x

# ---- what is refused before anything is asked, and what is not there ----

says 'plain HTTP is not spoken unless asked for' 66 'manifest: the server speaks no TLS there; --plain-http' scan "docker://$open/node:v1"
says 'nothing is asked offline' 66 'offline' scan "docker://$tls/node:v1" --offline
says 'a reference alone is no target' 66 "docker://$tls/node:v1)" scan "$tls/node:v1"
says 'a bad reference' 64 'no capital letters' scan "docker://$tls/Node:v1"
says 'no such tag' 66 "https://$tls/v2/node/manifests/v9: manifest: the server answers 404" scan "docker://$tls/node:v9"
says 'no such repository' 66 'answers 404' scan "docker://$tls/nowhere/node:v1"
says 'no such digest' 66 'answers 404' scan "docker://$tls/node@sha256:$(printf '%064d' 0)"
OFFNODE_CACERT='' says 'a certificate that nobody vouches for' 66 'certificate' scan "docker://$tls/node:v1"

# ---- logins ----

auth() { # auth FILE KEY USER:PASSWORD
	mkdir -p "$(dirname "$1")"
	printf '{"auths": {"%s": {"auth": "%s"}}}' "$2" "$(printf %s "$3" | base64)" >"$1"
}
none() { rm -rf "$HOME" && mkdir "$HOME"; }
yes() { # yes NAME TARGET OPTION...: it is the node
	told scan "${@:2}" >got.told
	diff want.told got.told >difference
	local status=$?
	[ $status = 0 ] || sed -n '1,30s/^/# /p' difference
	result $status "$1"
}
told scan oci:node:v1 >want.told
target=docker://$basic/node:v1
says 'no login is known' 66 "login to $basic: a user and a password are asked for, and none are known" scan "$target"
auth auth.json "$basic" alice:geheim
yes '--authfile' "$target" --authfile auth.json
REGISTRY_AUTH_FILE=auth.json yes 'REGISTRY_AUTH_FILE' "$target"
auth run/containers/auth.json "$basic" alice:geheim
XDG_RUNTIME_DIR=$work/run yes "the run-time directory's auth.json" "$target"
auth config/containers/auth.json "$basic/node" alice:geheim
XDG_CONFIG_HOME=$work/config yes "the configuration's auth.json, by repository" "$target"
auth docker/config.json "https://$basic/v2/" alice:geheim
DOCKER_CONFIG=$work/docker yes "DOCKER_CONFIG, by URL" "$target"
auth "$HOME/.config/containers/auth.json" "$basic" alice:geheim && yes '~/.config/containers/auth.json' "$target"
none && auth "$HOME/.docker/config.json" "$basic" alice:geheim && yes '~/.docker/config.json' "$target"
none && printf '{"https://%s": {"auth": "%s"}}' "$basic" "$(printf alice:geheim | base64)" >"$HOME/.dockercfg" &&
	yes '~/.dockercfg' "$target"
none
auth wrong.json "$basic" alice:falsch
says 'a wrong password' 66 'answers 401 (login refused)' scan "$target" --authfile wrong.json
grep -qe falsch -e "$(printf alice:falsch | base64)" said && result 1 'is not told' || result 0 'is not told'
says 'a file of logins that is not there' 64 "--authfile: 'nowhere.json' is not a file that can be read" scan "$target" --authfile nowhere.json
echo '{"auths": geheim' >broken.json
says 'a file of logins that is broken' 64 'broken.json: line 1: not JSON' scan "$target" --authfile broken.json
auth other.json "other.example" alice:geheim
says 'a login for another registry' 66 'none are known' scan "$target" --authfile other.json

mkdir bin
cat >bin/docker-credential-tests <<-'E'
	#!/bin/sh
	{ cat && echo " $*"; } >>"${0%/*}/asked"
	echo '{"ServerURL": "x", "Username": "alice", "Secret": "geheim"}'
E
printf '#!/bin/sh\nsleep 0.1; exit 1\n' >bin/docker-credential-fails
chmod +x bin/docker-credential-*
PATH=$PATH:$work/bin
printf '{"credHelpers": {"%s": "tests"}}' "$basic" >helper.json
yes 'a credential helper of this registry' "$target" --authfile helper.json
[ "$(sort -u bin/asked)" = "$basic get" ]
result $? 'is asked for the registry by standard input'
echo '{"credsStore": "tests"}' >all.json
yes 'a credential helper of all registries' "$target" --authfile all.json
: >bin/asked
yes 'is not asked where no login is wanted' "docker://$tls/node:v1" --authfile all.json
[ -s bin/asked ] && result 1 'indeed not' || result 0 'indeed not'
echo '{"credsStore": "fails"}' >fails.json
says 'a credential helper that fails' 64 'docker-credential-fails: failed with status 1' scan "$target" --authfile fails.json
if command -v strace >/dev/null && strace -f -o traced -e trace=execve,clone,clone3,vfork -s 400 \
	"$OFFNODE" scan -q "$target" --authfile auth.json >/dev/null 2>&1; [ -s traced ]; then
	[ "$(grep -c execve traced)" = 1 ] && ! grep -q geheim traced
	result $? 'no program is started without one'
fi

# ---- tokens ----

target=docker://$token/node:v1
: >asked.log
says 'a token server refuses nobody' 66 "login to $token: https://localhost:$p_fault/token: token: the server answers 401" \
	scan "$target"
auth token.json "$token" alice:geheim
yes 'a token' "$target" --authfile token.json
grep -q "^$p_fault GET /token?service=tests&scope=repository:node:pull Basic$" asked.log
result $? 'was asked for to pull from the one repository'
: >asked.log
"$OFFNODE" scan -q "$target" --authfile token.json >/dev/null 2>&1
[ "$(grep -c /token asked.log)" = 1 ]
result $? 'and once for all that is fetched'
auth token.json "$token" alice:falsch
says 'a token server refuses a password' 66 'token: the user or the password is refused' scan "$target" --authfile token.json
printf '{"auths": {"%s": {"auth": "MDAwOg==", "identitytoken": "wieder"}}}' "$token" >identity.json
yes 'an identity token is a refresh token' "$target" --authfile identity.json
grep -q "^$p_fault POST /token -$" asked.log
result $? 'which is posted'
sed -i s/wieder/nie/ identity.json
says 'an identity token is refused' 66 'token: the server answers 401' scan "$target" --authfile identity.json

# ---- registries that do one thing wrong ----

auth fault.json "$fault" alice:geheim
export OFFNODE_AUTHFILE=$work/fault.json
yes 'a registry that does nothing wrong' "docker://$fault/none/node:v1"
yes 'a type that tells nothing' "docker://$fault/vague/node:v1"
yes 'a password where another way to log in is offered too' "docker://$fault/basic/node:v1"
yes 'a realm on another host' "docker://$fault/elsewhere/node:v1"
: >asked.log
yes 'blobs on another host' "docker://$fault/moved/node:v1"
grep -q '/v2/moved/.* Basic$' asked.log && ! grep '/v2/none/' asked.log | grep -qv ' -$'
result $? 'which is told no login'
wrong() { # wrong FAULT STATUS TEXT: of an image that is fine but for it
	says "$1: $3" "$2" "$3" scan "docker://$fault/$1/node:v1"
}
wrong type 65 'is a manifest, but its media type is another one'
wrong digest 65 'digest mismatch'
wrong flipped 65 'digest mismatch'
wrong short 65 'bytes long, its descriptor says'
wrong long 65 'bytes long, its descriptor says'
wrong huge 70 'manifest: '
wrong loop 66 'answers 401 (login refused)'
wrong nothing 65 'the reply holds no token'
wrong split 65 'the reply holds no token'
wrong odd 65 'realm'
wrong foreign 69 "'Negotiate' is asked for: not supported"
: >asked.log
wrong plain 65 'it would be asked without TLS'
grep -q "^$p_plain " asked.log && result 1 'nor is it' || result 0 'nor is it'
says 'manifest: another one than its digest says' 65 'digest mismatch' scan "docker://$fault/manifest/node@$digest"

# ---- the cache, which is asked first and never learns what is wrong ----

unset OFFNODE_NO_CACHE
export XDG_CACHE_HOME=$work/cache
wrong flipped 65 'digest mismatch'
wrong short 65 'bytes long, its descriptor says'
yes 'what was wrong is not in the cache' "docker://$tls/node:v1"
says 'what was right is' 0 'fetched   [0-9.]*B of [0-9.]*K, 1 request$' inspect "docker://$tls/node:v1"
yes 'a digest that is in it needs no network' "docker://$tls/node@$digest" --offline
yes 'and no login' "docker://$basic/node@$digest"
says 'a tag does' 66 'offline' scan "docker://$tls/node:v1" --offline
plan
