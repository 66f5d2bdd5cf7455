#!/bin/bash
# fix.sh - fixes as a person uses them: the patch by patch(1) on an unpacked tree, the layer as an
# overlay, the files in a directory; each time the rule passes after it that failed before. Prints TAP.
set -u
OFFNODE=${OFFNODE:-build/offnode}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
for v in $(env | sed -n 's/^\(OFFNODE_[A-Z_]*\)=.*/\1/p'); do unset "$v"; done
n=0

tell() { # OK LABEL
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	echo "not ok $n - $2"
	sed 's/^/#   /' "$dir/out" "$dir/err" 2>/dev/null | head -20
}

unit='[Service]
EnvironmentFile=-/etc/default/kubelet
Environment="ARGS=--config=/etc/kubelet.yaml"
ExecStart=/usr/bin/kubelet $ARGS $KUBELET_EXTRA_ARGS
'
config='apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
'

# tree UNIT CONFIG ENVIRONMENT: a node as a directory
tree() {
	rm -rf "$dir/root"
	mkdir -p "$dir/root/etc/systemd/system" "$dir/root/etc/default"
	printf '%s' "$1" >"$dir/root/etc/systemd/system/kubelet.service"
	[ -z "$2" ] || printf '%s' "$2" >"$dir/root/etc/kubelet.yaml"
	[ -z "$3" ] || printf '%s\n' "$3" >"$dir/root/etc/default/kubelet"
}

verdict() { # RULE TARGET...
	local rule=$1
	shift
	"$OFFNODE" scan -f json -c "$rule" "$@" | sed -n 's/^ *"verdict": "\(.*\)",\{0,1\}$/\1/p' | head -1
}

# fixed LABEL RULE: it fails; the patch, the layer and the files turn it; the input stays as it is.
fixed() {
	local label=$1 rule=$2 before
	before=$(cd "$dir/root" && find . -type f -exec sha256sum {} + | sort)
	[ "$(verdict "$rule" "$dir/root")" = fail ]
	tell $? "$label: it fails"
	"$OFFNODE" fix -c "$rule" "$dir/root" >"$dir/out" 2>"$dir/err" &&
		cp -a "$dir/root" "$dir/patched" && (cd "$dir/patched" && patch -s -p1) <"$dir/out" &&
		[ "$(verdict "$rule" "$dir/patched")" = pass ]
	tell $? "$label: patch(1) turns it"
	"$OFFNODE" fix -c "$rule" -o "$dir/layer.tar" "$dir/root" 2>"$dir/err" &&
		[ "$(verdict "$rule" --overlay "layer:$dir/layer.tar" "$dir/root")" = pass ] &&
		tar -tf "$dir/layer.tar" >/dev/null
	tell $? "$label: the layer turns it"
	mkdir "$dir/files" && "$OFFNODE" fix -c "$rule" -o "$dir/files" "$dir/root" >"$dir/out" 2>"$dir/err" &&
		[ "$(verdict "$rule" --overlay "dir:$dir/files" "$dir/root")" = pass ]
	tell $? "$label: the files turn it"
	[ "$before" = "$(cd "$dir/root" && find . -type f -exec sha256sum {} + | sort)" ]
	tell $? "$label: the input is as it was"
	rm -rf "$dir/patched" "$dir/files" "$dir/layer.tar"
}

tree "$unit" "$config" 'KUBELET_EXTRA_ARGS="--v=2 --make-iptables-util-chains=false"'
fixed 'a flag in an environment file' 4.2.7
tree "${unit/--config/--make-iptables-util-chains=0 --config}" "$config" ''
fixed 'a flag in a variable of the unit' 4.2.7
tree "$unit" "${config}makeIPTablesUtilChains: false
" ''
fixed 'a value in the configuration' 4.2.7
tree "$unit" "${config}authentication:
  webhook:
    enabled: true
  anonymous: {enabled: true}
" ''
fixed 'a value in braces' kubelet-anonymous-auth
tree "$unit" "${config}readOnlyPort: 10255
" ''
fixed 'a number' kubelet-read-only-port
tree "$unit" "${config}authentication:
    webhook:
        enabled: true
" ''
fixed 'a key more' kubelet-pod-pids-limit
tree "$unit" '{"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1"}' ''
fixed 'a key more in JSON' kubelet-pod-pids-limit
tree '[Service]
ExecStart=/usr/bin/kubelet \
  --v=2
' '' ''
fixed 'a flag more in a drop-in' kubelet-read-only-port
tree "$unit" "$config" 'KUBELET_EXTRA_ARGS=--read-only-port=10255'
fixed 'a flag that wins over the configuration' kubelet-read-only-port

# ---- what cannot be fixed ----

tree '[Service]
ExecStart=/bin/sh -c "echo KUBELET_EXTRA_ARGS=--make-iptables-util-chains=false >/run/env; exec /usr/bin/kubelet --make-iptables-util-chains=$(cat /etc/x)"
' '' ''
"$OFFNODE" fix -c 4.2.7 "$dir/root" >"$dir/out" 2>"$dir/err"
[ $? = 0 ] && [ ! -s "$dir/out" ]
tell $? 'an unknown is no failure: nothing is written'

tree "$unit" "$config" 'KUBELET_EXTRA_ARGS=--make-iptables-util-chains=false'
"$OFFNODE" fix -c 4.2.7 -o "$dir/root" "$dir/root" >"$dir/out" 2>"$dir/err"
[ $? = 74 ] && grep -q 'File exists' "$dir/err" && grep -q false "$dir/root/etc/default/kubelet"
tell $? 'the input itself is never written to (status 74)'

"$OFFNODE" fix -c kubelet-client-ca-file "$dir/root" >"$dir/out" 2>"$dir/err"
[ $? = 1 ] && [ ! -s "$dir/out" ] && grep -q 'kubelet-client-ca-file is not fixed.*by hand' "$dir/err"
tell $? 'a rule without a value to propose is told (status 1)'

mkdir "$dir/linked" && ln -s "$dir/root/etc" "$dir/linked/etc"
"$OFFNODE" fix -c 4.2.7 -o "$dir/linked" "$dir/root" >"$dir/out" 2>"$dir/err"
[ $? = 74 ] && grep -q false "$dir/root/etc/default/kubelet"
tell $? 'no link is followed out of the directory'
echo "1..$n"
