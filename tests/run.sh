#!/usr/bin/env bash
# run.sh PROGRAM... - runs test programs and scripts that speak TAP, a few at a time, and counts.
#
# A program fails by "not ok" lines; dying, ending non-zero without one, printing no result at
# all, or taking longer than $TEST_TIMEOUT seconds counts as one failure more. Failures are shown
# with all the program said, skips with their reason. The last line is always
# "N passed, N failed, N skipped". $WRAP is put before each program (valgrind …).
set -u
export LC_ALL=C CMOCKA_MESSAGE_OUTPUT=TAP
: "${JOBS:=2}" "${TEST_TIMEOUT:=300}" "${WRAP:=}" "${BUILD:=build}"
mkdir -p "$BUILD"
out=$(mktemp -d "$BUILD/run.XXXXXX") || exit 1
trap 'rm -rf "$out"' EXIT

# tally NAME STATUS < output: appends "passed failed skipped" to the counts and prints the story.
tally() {
	awk -v name="$1" -v status="$2" -v limit="$TEST_TIMEOUT" -v seconds="$3" -v counts="$4" '
	{ line[++n] = $0 }
	/^[ \t]*(not )?ok([ \t]|$)/ {
		label = $0
		sub(/^[ \t]*(not )?ok[ \t]*[0-9]*[ \t]*-?[ \t]*/, "", label)
		if (label ~ /# *[Ss][Kk][Ii][Pp]/) {
			sub(/# *[Ss][Kk][Ii][Pp][a-z]*:?[ \t]*/, "", label)
			skip[++skipped] = label (said == "" ? "" : " (" said ")")
		} else if ($0 ~ /^[ \t]*not ok/)
			failed++
		else
			passed++
		said = ""
		next
	}
	/^1\.\.0 # *[Ss][Kk][Ii][Pp]/ { sub(/^1\.\.0 # *[Ss][Kk][Ii][Pp]:?[ \t]*/, ""); skip[++skipped] = $0; next }
	/^1\.\.[0-9]+/ || /^TAP version/ { next }
	NF { said = $0; sub(/^[# \t]+/, "", said) }
	END {
		why = ""
		if (status == 124 || status == 137)
			why = "took longer than " limit " s"
		else if (status > 128)
			why = "died of signal " (status - 128)
		else if (status != 0 && !failed)
			why = "ended with status " status
		else if (!passed && !failed && !skipped)
			why = "printed no result"
		if (why != "")
			failed++
		printf "%-4s %-24s %5d passed", failed ? "FAIL" : "ok", name, passed
		if (failed) printf ", %d failed", failed
		if (skipped) printf ", %d skipped", skipped
		if (seconds > 2) printf "  (%d s)", seconds
		print ""
		if (failed) {
			from = n > 400 ? n - 400 : 1
			for (i = from; i <= n; i++)
				if (line[i] !~ /^ok /) print "     | " line[i]
			if (why != "") print "     | " name ": " why
		}
		for (i = 1; i <= skipped; i++) print "     skipped: " name ": " skip[i]
		print passed + 0, failed + 0, skipped + 0 > counts
	}'
}

run_one() {
	local path=$1 name start status
	name=$(basename "$path" .sh)
	start=$SECONDS
	case $path in
	*.sh) timeout -k 5 "$TEST_TIMEOUT" bash "$path" ;;
	# $WRAP is a command with its options.
	# shellcheck disable=SC2086
	*) timeout -k 5 "$TEST_TIMEOUT" $WRAP "$path" ;;
	esac >"$out/$name.out" 2>&1 </dev/null
	status=$?
	tally "$name" "$status" $((SECONDS - start)) "$out/$name.counts" <"$out/$name.out" >"$out/$name.story"
	cat "$out/$name.story"
}

for path; do
	while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n; done
	run_one "$path" &
done
wait

cat /dev/null "$out"/*.counts 2>/dev/null | awk '
	{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p == 0 }'
