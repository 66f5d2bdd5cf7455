#!/usr/bin/env bash
# formats.sh - every case of testdata/cases and a hostile image in every format, and each judged by what
# its readers ask for: tests/formats.py, and for SARIF the published schema, out of a package.
# Prints TAP.
set -u
: "${OFFNODE:=build/offnode}" "${BUILD:=build}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
formats='sarif junit csv markdown ocsf kube-bench-json'
count=0

check() { # check LABEL COMMAND...
	local label=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		echo "ok $((++count)) - $label"
	else
		echo "not ok $((++count)) - $label"
		sed 's/^/# /' "$work/said" | head -30
	fi
}

# ---- what is scanned: all cases, a target that is not there, and names made to break formats ----
evil=$'=cmd|\'/c calc\'!A0 "<script>alert(1)<\x5c/script> ]]> <!-- @all [x](http\x3a) {0} \xff \xe2\x80\xae \x1b[31m \t'
mkdir "$work/hostile"
bad=$(printf '%s' "$evil" | tr -d '/')
printf -- '-- /etc/systemd/system/%s.service --\n[Service]\nEnvironmentFile=/etc/x\nExecStart=/usr/bin/kubelet $ARGS\n' "$bad" >"$work/hostile/$bad.txtar"
printf -- '-- /etc/systemd/system/kubelet.service --\n[Service]\nEnvironmentFile="/etc/%s"\nEnvironmentFile=/etc/x\nExecStart=/usr/bin/kubelet $ARGS\n' "$bad" >>"$work/hostile/$bad.txtar"
printf -- '-- /etc/x --\nARGS="--make-iptables-util-chains=false" "--hostname-override=%s"\n' "$bad" >>"$work/hostile/$bad.txtar"
printf -- '-- /etc/systemd/system/multi-user.target.wants/%s.service -> ../kubelet.service\n' "$bad" >>"$work/hostile/$bad.txtar"
printf -- '-- /etc/os-release --\nID=debian\nPRETTY_NAME="%s"\n' '<script>alert(1)</script> ]]> @all | =1+1' >>"$work/hostile/$bad.txtar"
find testdata/cases -name '*.txtar' | sort >"$work/list"
scan() { "$OFFNODE" scan "$@" "list:$work/list" /nothing "$work/hostile/$bad.txtar" "$work/$bad" 2>"$work/err"; }

all=()
for format in json $formats; do all+=(-f "$format=$work/$format"); done
scan "${all[@]}" -f "text=$work/text"
check 'the hostile unit, its value and its system are reported' grep -q 'alert(1)' "$work/text"
for format in $formats; do
	check "$format is what its readers take" python3 tests/formats.py "$format" "$work/$format" "$work/json"
done
again=()
for format in $formats; do again+=(-f "$format=$work/$format.again"); done
scan "${again[@]}"
for format in $formats; do
	check "$format is the same twice" cmp "$work/$format" "$work/$format.again"
done

# ---- the published schema of SARIF ----
schema=$BUILD/sarif-2.1.0.json
fetch_schema() {
	[ -s "$schema" ] && return
	(cd "$work" && timeout 60 npm pack --silent @microsoft/jest-sarif >/dev/null 2>&1) &&
		tar -xzOf "$work"/microsoft-jest-sarif-*.tgz package/lib/schemas/sarif-2.1.0-rtm.5.json >"$schema.part" &&
		mv "$schema.part" "$schema"
}
if ! python3 -c 'import jsonschema' 2>/dev/null; then
	echo "ok $((++count)) - sarif fits the published schema # SKIP python3-jsonschema is not installed"
elif ! fetch_schema; then
	echo "ok $((++count)) - sarif fits the published schema # SKIP npm cannot fetch @microsoft/jest-sarif, which holds it"
else
	check 'sarif fits the published schema' python3 - "$schema" "$work/sarif" <<'PY'
import json, sys
import jsonschema
schema, log = (json.load(open(p)) for p in sys.argv[1:])
validator = jsonschema.validators.validator_for(schema)
errors = list(validator(schema).iter_errors(log))
for e in errors[:10]:
    print(list(e.absolute_path), e.message[:200])
sys.exit(bool(errors) or len(log["runs"][0]["results"]) < 100)
PY
fi

# ---- what a line that moves does to fingerprints: nothing ----
case=testdata/cases/flags/the-last-of-two-flags-counts.txtar
prints() { grep primaryLocationLineHash; }
"$OFFNODE" -f sarif "$case" | prints >"$work/before"
sed 's/^\[Service\]/# one\n# two\n[Service]/' "$case" >"$work/moved.txtar"
"$OFFNODE" -f sarif "$work/moved.txtar" | prints >"$work/after"
check 'a fingerprint does not hang on the line' cmp "$work/before" "$work/after"
check 'the date of a report is the time of its events' \
	test "$("$OFFNODE" -c 4.2.6 -f ocsf --timestamp 1700000000 "$case" | grep -c '"time":1700000000000,')" = 1
check 'and of its invocation' \
	test "$("$OFFNODE" -f sarif --timestamp 1700000000 "$case" | grep -c '"endTimeUtc": "2023-11-14T22:13:20Z"')" = 1
echo "1..$count"
