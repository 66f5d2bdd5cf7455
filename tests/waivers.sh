#!/bin/bash
# waivers.sh - failures that somebody answers for, and failures that are known: what they do to the
# exit status, what every format says of them, and what is told of waivers that excuse nothing.
# Prints TAP.
set -u
OFFNODE=$(realpath "${OFFNODE:-build/offnode}")
schema=$PWD/testdata/report.schema.json
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
for v in $(env | sed -n 's/^\(OFFNODE_[A-Z_]*\)=.*/\1/p'); do unset "$v"; done
unset SOURCE_DATE_EPOCH CI NO_COLOR
export OFFNODE_CHECK=kubelet-make-iptables-util-chains
n=0

tell() { # OK LABEL
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	echo "not ok $n - $2"
	sed 's/^/#   /' "$dir/out" "$dir/err" 2>/dev/null | head -20
}

run() { "$OFFNODE" "$@" >"$dir/out" 2>"$dir/err" </dev/null; }
status() { # WANT LABEL ARGUMENT...
	local want=$1 label=$2 got
	shift 2
	run "$@"
	got=$?
	[ $got = "$want" ]
	tell $? "$label (status $want)"
}
says() { grep -qE -- "$3" "$dir/$2"; tell $? "$1"; }
quiet() { [ ! -s "$dir/err" ]; tell $? "$1"; }
waiver() { printf 'waivers:\n- %s\n' "$1" >"$dir/w.yaml"; }

cat >"$dir/fail.txtar" <<'T'
-- /etc/systemd/system/kubelet.service --
[Service]
EnvironmentFile=/etc/default/kubelet
ExecStart=/usr/bin/kubelet $KUBELET_EXTRA_ARGS
-- /etc/default/kubelet --
KUBELET_EXTRA_ARGS=--make-iptables-util-chains=false
T
cd "$dir" || exit 1
good='{rule: 4.2.7, reason: "nft mode", expires: 2999-12-31, owner: node team, ticket: N-1}'

status 1 'without a waiver it fails' fail.txtar
waiver "$good"
status 0 'a waived failure does not count' --ignorefile w.yaml fail.txtar
says 'it stays a failure that says so' out '^FAIL .*waived'
says 'with reason, owner and ticket' out 'waived +until 2999-12-31: nft mode \(node team, N-1\)'
says 'and is counted apart' out '1 failed \(1 waived\)'
quiet 'a waiver that is used is no news'
cp w.yaml .offnodeignore.yaml
status 0 'the file of the current directory is found' fail.txtar
rm .offnodeignore.yaml
for rule in '"*"' jeq-xry-fa2 kubelet-make-iptables-util-chains 4.2.6; do
	waiver "{rule: $rule, reason: r, expires: 2999-12-31}"
	status 0 "a waiver of $rule" --ignorefile w.yaml fail.txtar
done
waiver '{rule: "*", reason: r, expires: 2999-12-31, targets: ["*.qcow2", "f*.txtar"], paths: /etc/default/*}'
status 0 'globs that fit' --ignorefile w.yaml fail.txtar
for globs in 'targets: [other.txtar]' 'paths: [/etc/systemd/*]'; do
	waiver "{rule: \"*\", reason: r, expires: 2999-12-31, $globs}"
	status 1 "$globs does not fit" --ignorefile w.yaml fail.txtar
	says 'an unused waiver is told' err '^offnode: w.yaml:2: unused waiver'
done

# ---- days ----
waiver '{rule: 4.2.7, reason: r, expires: 2026-03-01}'
day() { date -u -d "$1" +%s; }
status 0 'it holds on its last day' --timestamp "$(day '2026-03-01 23:59:59')" --ignorefile w.yaml fail.txtar
status 1 'and not on the next' --timestamp "$(day '2026-03-02 00:00:00')" --ignorefile w.yaml fail.txtar
says 'an expired waiver is told' err 'w.yaml:2: expired waiver .*2026-03-01'

# ---- waivers that are none ----
while IFS='|' read -r entry what; do
	waiver "$entry"
	status 1 "$entry excuses nothing" --ignorefile w.yaml fail.txtar
	says 'and is told' err "w.yaml:[23]: malformed waiver .*$what"
	status 65 'an error with --strict-waivers' --strict-waivers --ignorefile w.yaml fail.txtar
	says 'but the report is written' out '^FAIL'
done <<'T'
{rule: 4.2.7, expires: 2999-12-31}|reason
{rule: 4.2.7, reason: "  ", expires: 2999-12-31}|reason
{rule: 4.2.7, reason: r}|expires
{rule: 4.2.7, reason: r, expires: never}|date
{rule: 4.2.7, reason: r, expires: 2999-13-01}|date
{rule: 9.9.9, reason: r, expires: 2999-12-31}|no rule
{reason: r, expires: 2999-12-31}|no rule
{rule: 4.2.7, reason: r, expires: 2999-12-31, until: x}|key
{rule: 4.2.7, reason: r, expires: 2999-12-31, targets: 7}|glob
just words|a map
T
printf 'waivers: [\n' >w.yaml
status 64 'a file that is no YAML' --ignorefile w.yaml fail.txtar
says 'with its place' err 'w.yaml:[0-9]+:[0-9]+: '
printf 'ignore: []\n' >w.yaml
status 64 'a file of something else' --ignorefile w.yaml fail.txtar
status 64 'a file that is not there' --ignorefile nothing.yaml fail.txtar
printf '# none yet\n' >w.yaml
status 1 'an empty file' --ignorefile w.yaml fail.txtar

# ---- formats ----
waiver "$good"
run --ignorefile w.yaml -f sarif fail.txtar
says 'SARIF: a suppression' out '"justification": "until 2999-12-31: nft mode'
run --ignorefile w.yaml -f junit fail.txtar
says 'JUnit: skipped' out '<skipped message="waived until 2999-12-31'
says 'JUnit: no failure' out 'failures="0"'
run --ignorefile w.yaml -f markdown fail.txtar
says 'Markdown: told' out 'waived'
run --ignorefile w.yaml -f ocsf fail.txtar
says 'OCSF: suppressed' out '"Suppressed"'
run --ignorefile w.yaml -f json fail.txtar
says 'JSON: the waiver' out '"ticket": "N-1"'
python3 -c 'import json, jsonschema, sys; jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' out "$schema" 2>err
tell $? 'JSON: by its schema'

# ---- baselines ----
status 1 'a report is saved' -f json=base.json fail.txtar
status 1 'known failures count' --baseline base.json fail.txtar
status 0 'but not with --fail-on-new' --baseline base.json --fail-on-new fail.txtar
says 'they say so' out '^FAIL .*known'
cp fail.txtar other.txtar
status 0 'one target may have another name' --baseline base.json --fail-on-new other.txtar
sed 's/chains=false/chains=0/' fail.txtar >same.txtar
status 0 'the same value, written otherwise' --baseline base.json --fail-on-new same.txtar
sed 's/^EnvironmentFile.*/Environment=KUBELET_EXTRA_ARGS=--make-iptables-util-chains=false/' fail.txtar >moved.txtar
status 1 'another file that decides is new' --baseline base.json --fail-on-new moved.txtar
status 64 '--fail-on-new alone' --fail-on-new fail.txtar
printf '{}' >base.json
status 64 'a baseline that is no report' --baseline base.json fail.txtar
printf '{' >base.json
status 64 'a baseline that is no JSON' --baseline base.json fail.txtar
says 'with its place' err 'base.json:[0-9]+:[0-9]+: '
echo "1..$n"
