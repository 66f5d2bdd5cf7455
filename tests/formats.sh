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

# in_all SCAN TARGET...: the report of the targets as $work/SCAN.FORMAT, for every format
in_all() {
	local scan=$1 format all=()
	shift
	for format in json text html $formats; do all+=(-f "$format=$work/$scan.$format"); done
	"$OFFNODE" scan "${all[@]}" "$@" 2>"$work/$scan.err"
}
in_all cases "list:$work/list" /nothing
in_all evil "$work/hostile/$bad.txtar" "$work/$bad" /nothing
check 'the hostile unit, its value and its system are reported' grep -q 'alert(1)' "$work/evil.text"
for scan in cases evil; do
	for format in $formats; do
		check "$format of $scan is what its readers take" python3 tests/formats.py "$format" "$work/$scan.$format" "$work/$scan.json"
	done
done

# ---- a saved report is the scan, in every format ----
converted=()
for format in json text html $formats; do converted+=(-f "$format=$work/$format.converted"); done
"$OFFNODE" convert "$work/cases.json" "${converted[@]}" 2>"$work/err"
check 'a converted report has the status of the scan' test $? = 66
check 'and names the same targets that could not be read' cmp "$work/cases.err" "$work/err"
for format in json text html $formats; do
	check "a saved report as $format is the scan's" cmp "$work/cases.$format" "$work/$format.converted"
done
"$OFFNODE" convert -f json "$work/evil.json" >"$work/evil.again" 2>/dev/null
check 'a hostile one as JSON is itself' cmp "$work/evil.json" "$work/evil.again"

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
	check 'sarif fits the published schema' python3 - "$schema" "$work/cases.sarif" "$work/evil.sarif" <<'PY'
import json, sys
import jsonschema
schema, *logs = (json.load(open(p)) for p in sys.argv[1:])
validator = jsonschema.validators.validator_for(schema)(schema)
bad = results = 0
for log in logs:
    # Results of one rule are of one shape: of each, the first few.
    run, seen, few = log["runs"][0], {}, []
    for r in run["results"]:
        seen[r["ruleId"]] = seen.get(r["ruleId"], 0) + 1
        if seen[r["ruleId"]] <= 12:
            few.append(r)
    run["results"] = few
    results += len(few)
    for e in validator.iter_errors(log):
        bad += 1
        print(list(e.absolute_path), e.message[:200])
sys.exit(bad > 0 or results < 100)
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
