#!/bin/bash
# cli.sh - the command line as a person meets it: exit statuses, options, environment, output
# files, and documents that agree with the program. Prints TAP.
set -u
OFFNODE=${OFFNODE:-build/offnode}
cases=testdata/cases
pass=$cases/flags/true-after-false-passes.txtar
fail=$cases/flags/the-last-of-two-flags-counts.txtar
unknown=$cases/config/a-missing-config-file-is-unknown.txtar
provisional=$cases/pending/an-absent-environment-file-makes-a-pass-provisional.txtar
empty=$cases/launches/no-kubelet-is-not-applicable.txtar
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
for v in $(env | sed -n 's/^\(OFFNODE_[A-Z_]*\)=.*/\1/p'); do unset "$v"; done
# Statuses are those of one rule; what all of them say of these small cases is of no interest here.
export OFFNODE_CHECK=kubelet-make-iptables-util-chains
unset NO_COLOR CLICOLOR CLICOLOR_FORCE CI SOURCE_DATE_EPOCH
n=0 failed=0

tell() { # OK LABEL
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		failed=$((failed + 1))
		echo "not ok $n - $2"
		sed 's/^/#   /' "$dir/out" "$dir/err" 2>/dev/null | head -20
	fi
}

# status WANT LABEL COMMAND...: the exit status; output stays in $dir/out and $dir/err.
status() {
	local want=$1 label=$2
	shift 2
	"$@" >"$dir/out" 2>"$dir/err" </dev/null
	local got=$?
	[ $got = "$want" ]
	tell $? "$label (status $want)"
	[ $got = "$want" ] || echo "#   got status $got"
}

says() { # LABEL FILE TEXT: the last command said so
	grep -qF -- "$3" "$dir/$2"
	tell $? "$1"
}

silent() { # LABEL FILE TEXT
	! grep -qF -- "$3" "$dir/$2"
	tell $? "$1"
}

one_line() {
	[ "$(wc -l <"$dir/err")" = 1 ]
	tell $? "$1"
}

# ---- differences ----
status 0 'nothing changed' "$OFFNODE" diff "$pass" "$pass"
says 'and that is said' out 'no difference'
cat >"$dir/old.txtar" <<'T'
-- /etc/systemd/system/kubelet.service --
[Service]
ExecStart=/usr/bin/kubelet --v=2 --make-iptables-util-chains=true --read-only-port=0
T
sed 's/--v=2/--v=4/; s/chains=true/chains=false/' "$dir/old.txtar" >"$dir/new.txtar"
status 1 'something changed' "$OFFNODE" diff "$dir/old.txtar" "$dir/new.txtar"
says 'a verdict' out '  - pass   /etc/systemd/system/kubelet.service:2:34'
says 'a setting' out '  + false   /etc/systemd/system/kubelet.service:2:34'
says 'a word that went' out '- --v=2   /etc/systemd/system/kubelet.service:2:28'
says 'a word that came' out '+ --v=4   /etc/systemd/system/kubelet.service:2:28'
silent 'what stayed is not told' out read-only-port
status 0 'a difference need not be a failure' "$OFFNODE" diff --exit-zero "$dir/old.txtar" "$dir/new.txtar"
status 1 'a kubelet that came' "$OFFNODE" diff "$empty" "$dir/new.txtar"
says 'is a launch' out '  launch   kubelet.service'
status 66 'a target that is not there' "$OFFNODE" diff "$pass" "$dir/nothing"
status 64 'one target' "$OFFNODE" diff "$pass"
status 1 'as JSON' "$OFFNODE" diff -f json "$dir/old.txtar" "$dir/new.txtar"
cp "$dir/out" "$dir/diff.report"
"$OFFNODE" scan -f json="$dir/old.json" "$dir/old.txtar" >/dev/null
status 1 'a saved report and an image' "$OFFNODE" diff "$dir/old.json" "$dir/new.txtar"
says 'the verdict changed' out '  - pass   /etc/systemd/system/kubelet.service:2:34'
says 'and a word' out '+ --v=4   /etc/systemd/system/kubelet.service:2:28'
silent 'settings that the report does not hold did not' out '  setting'
status 0 'a saved report and its image' "$OFFNODE" diff "$dir/old.json" "$dir/old.txtar"
status 0 'a saved report and itself' "$OFFNODE" diff "$dir/old.json" "$dir/old.json"
printf '{"schemaVersion": "1.0", "targets": 7}' >"$dir/odd.json"
status 65 'a saved report that is none' "$OFFNODE" diff "$dir/odd.json" "$dir/new.txtar"
status 64 'no other format' "$OFFNODE" diff -f sarif "$pass" "$pass"

# ---- exit statuses ----
status 0 'passed' "$OFFNODE" "$pass"
status 1 'failed' "$OFFNODE" "$fail"
status 2 'unknown' "$OFFNODE" "$unknown"
status 3 'no kubelet' "$OFFNODE" "$empty"
status 64 'no target' "$OFFNODE" scan
one_line 'one line says what is missing'
status 64 'nothing at all' "$OFFNODE"
printf 'not an image, just some words\n' >"$dir/words"
status 69 'not an image' "$OFFNODE" "$dir/words"
one_line 'one line names it'
says 'it is named' err "$dir/words"
status 66 'a missing target' "$OFFNODE" "$dir/nothing"
one_line 'one line names it'
head -c 700 testdata/images/node-pass.tar.gz >"$dir/cut.tar.gz"
status 65 'a truncated archive' "$OFFNODE" "$dir/cut.tar.gz"
one_line 'one line names it'
printf 'QED\0' >"$dir/disk" && head -c 70000 /dev/zero >>"$dir/disk"
status 69 'a format that is not supported' "$OFFNODE" "$dir/disk"
status 70 'a limit of memory' "$OFFNODE" --max-memory=1K "$pass"
says 'the limit is named' err max-memory
status 70 'a limit of entries' "$OFFNODE" --max-entries=1 tar:testdata/images/node-pass.tar.gz
[ -e /dev/full ] && status 74 'output that cannot be written' "$OFFNODE" -o /dev/full "$pass"
status 74 'an output file that cannot be made' "$OFFNODE" -o "$dir/no/such/file" "$pass"
status 124 'the time is up' "$OFFNODE" --timeout=1ms testdata/images/node-fail.oci.tar testdata/images/node-fail.tar.gz \
	testdata/images/node-pass.oci.tar testdata/images/node-pass.tar.gz

# ---- every command, every outcome ----
# Columns: the target (of convert: what was saved of it) passes, fails, is unknown, has no kubelet,
# is not there, is no image, is cut short. 1 and 2 are judgements: what only shows has none.
mkdir "$dir/saved"
for outcome in pass fail unknown empty; do
	"$OFFNODE" scan -f json="$dir/saved/$outcome" "${!outcome}" >/dev/null
done
cp "$dir/words" "$dir/saved/words"
head -c 700 "$dir/saved/pass" >"$dir/saved/cut"
nothing=$dir/nothing words=$dir/words cut=$dir/cut.tar.gz
while read -r command more statuses; do
	set -- $statuses
	[ "$more" != - ] || more=
	for outcome in pass fail unknown empty nothing words cut; do
		target=${!outcome}
		[ "$command" != convert ] || target=$dir/saved/$outcome
		two=$target
		[ "$command" = diff ] || two=
		status "$1" "$command${more:+ $more} of $outcome" "$OFFNODE" "$command" "$target" $two $more
		shift
	done
done <<'T'
scan - 0 1 2 3 66 69 65
argv - 0 0 0 3 66 69 65
argv kubelet.service 0 0 0 3 66 69 65
config - 0 0 0 3 66 69 65
explain 4.2.7 0 0 0 3 66 69 65
explain kubelet.service 0 0 0 3 66 69 65
inspect - 0 0 0 3 66 69 65
ls / 0 0 0 0 66 69 65
cat /etc/nothing 66 66 66 66 66 69 65
capture - 0 0 0 0 66 69 65
diff - 0 0 0 0 66 69 65
fix - 0 0 0 0 66 69 65
convert - 0 1 2 3 66 65 65
T
for command in argv config explain inspect ls cat capture diff fix convert completion cache; do
	status 64 "$command without a word" "$OFFNODE" $command
	status 64 "$command with words too many" "$OFFNODE" $command a b c d
done

# ---- the cache of what was fetched ----
export XDG_CACHE_HOME=$dir/cache
status 0 'cache info of none' "$OFFNODE" cache info
says 'and that is none' out '0 blobs, 0 notes, 0.0B of at most 5.0G'
status 0 'cache info, --cache-size' "$OFFNODE" cache info --cache-size 3M -f json
says 'in JSON' out '"limit": 3145728'
status 0 'cache clear of none' "$OFFNODE" cache clear
says 'and that is none either' out '0 blobs, 0 notes, 0.0B removed'
[ ! -e "$dir/cache" ]
tell $? 'which makes no directory'
status 64 'cache of another word' "$OFFNODE" cache infos
status 64 'cache in another format' "$OFFNODE" cache info -f sarif
status 64 '--cache-size of nothing' "$OFFNODE" cache info --cache-size 0
mkdir -p "$dir/cache/offnode" && chmod 777 "$dir/cache/offnode"
for word in info clear; do
	status 66 "cache $word where others may write" "$OFFNODE" cache $word
	one_line 'in one line'
done
status 66 'the same as JSON' "$OFFNODE" cache info -f json
says 'which has none' out '"cache": null'
status 66 'cache info without a home' env -u XDG_CACHE_HOME -u HOME "$OFFNODE" cache info
unset XDG_CACHE_HOME
rm -r "$dir/cache"

# ---- a saved report is judged again ----
saved=$dir/saved
status 0 'convert --exit-zero' "$OFFNODE" convert --exit-zero "$saved/fail"
status 7 'convert --exit-code' "$OFFNODE" convert --exit-code 7 "$saved/fail"
status 0 'convert --allow-empty' "$OFFNODE" convert --allow-empty "$saved/empty"
status 0 'convert --fail-on fail' "$OFFNODE" convert --fail-on fail "$saved/unknown"
status 1 'convert --check of what it holds' "$OFFNODE" convert --check 4.2.7 "$saved/fail"
status 64 'convert --check of no rule' "$OFFNODE" convert --check 99.1 "$saved/fail"
status 64 'convert to no format' "$OFFNODE" convert -f xml "$saved/pass"
env -u OFFNODE_CHECK "$OFFNODE" scan -f json="$saved/all" "$cases/benchmarks/all-of-cis-on-a-kubeadm-node.txtar" >/dev/null
status 1 'convert of all rules' env -u OFFNODE_CHECK "$OFFNODE" convert "$saved/all"
status 0 'convert --check of one that passed' "$OFFNODE" convert "$saved/all"
"$OFFNODE" convert - <"$saved/fail" >"$dir/out" 2>"$dir/err"
[ $? = 1 ]
tell $? 'convert of standard input'
[ -e /dev/full ] && status 74 'convert that cannot be written' "$OFFNODE" convert -o /dev/full "$saved/pass"
printf '{"schemaVersion": "2.0", "targets": []}' >"$dir/odd.json"
status 65 'a report of another version' "$OFFNODE" convert "$dir/odd.json"
one_line 'one line says so'
status 65 'a report of another kind' "$OFFNODE" convert "$dir/diff.report"

# ---- several targets ----
status 1 'fail beats unknown, no kubelet and pass' "$OFFNODE" "$pass" "$empty" "$unknown" "$fail"
status 2 'unknown beats no kubelet and pass' "$OFFNODE" "$pass" "$empty" "$unknown"
status 0 'a kubelet in any target is enough' "$OFFNODE" "$pass" "$empty"
status 66 'an input error beats fail' "$OFFNODE" "$fail" "$dir/nothing" "$pass"
says 'the other targets are still reported' out '1 failed, 1 passed, 0 unknown; 1 not read'
"$OFFNODE" "$fail" "$pass" 2>/dev/null | grep -n 'txtar   txtar' | head -1 | grep -q the-last
tell $? 'targets keep their order'
printf '# two nodes\n%s\n\n%s\n' "$PWD/$pass" "$PWD/$fail" >"$dir/list"
status 1 'a list of targets' "$OFFNODE" "list:$dir/list"
says 'both were scanned' out '1 failed, 1 passed'
"$OFFNODE" - <"$fail" >"$dir/out" 2>"$dir/err"
[ $? = 1 ]
tell $? 'standard input, a file'
cat testdata/images/node-fail.tar.gz | "$OFFNODE" scan - >"$dir/out" 2>"$dir/err"
[ $? = 1 ]
tell $? 'standard input, a pipe'

# ---- usage ----
status 64 'an unknown option' "$OFFNODE" --strct "$pass"
says 'did you mean' err "did you mean '--strict'"
status 64 'a mistyped command' "$OFFNODE" scna "$pass"
says 'did you mean' err "did you mean 'scan'"
status 64 'a letter that is no option' "$OFFNODE" -Z "$pass"
status 64 'an option without its value' "$OFFNODE" "$pass" --format
status 64 'a value that is not one of them' "$OFFNODE" --color=mauve "$pass"
status 64 'a rule that does not exist' "$OFFNODE" -c 99.1 "$pass"
status 64 'a benchmark that does not exist' "$OFFNODE" -b cis-0.1 "$pass"
status 64 'options that leave no rule' "$OFFNODE" -c 4.2.6 --skip jeq-xry-fa2 "$pass"
status 64 'too many words' "$OFFNODE" config "$pass" "$fail"
status 64 'a key that does not exist' "$OFFNODE" explain "$pass" noSuchKey
status 64 'rules show without a rule' "$OFFNODE" rules show
status 64 'rules with another word' "$OFFNODE" rules shwo
status 66 'a path that looks like no command' "$OFFNODE" ./scna
status 1 'a double dash ends options' "$OFFNODE" -q -- "$fail"
status 1 'short options in a group' "$OFFNODE" -qvfjson "$fail"
says 'the grouped format was taken' out '"schemaVersion": "1.0"'
status 1 'options after the target' "$OFFNODE" scan "$fail" --format json

# One line says what is wrong, where, and what would be right.
while IFS='|' read -r want words text; do
	status "$want" "$words" "$OFFNODE" $words
	says "${text:0:60}" err "$text"
	[ "$(grep -vc "^Try 'offnode help'" "$dir/err")" = 1 ]
	tell $? 'in one line'
done <<T
64|--fail-on never $pass|'never' is none of fail|unknown|provisional
64|-f xml $pass|'xml' is not a format that \`offnode help\` lists
64|-f json= $pass|'json=' is not a format
64|-b cis-0.1 $pass|'cis-0.1' is not a benchmark that \`offnode rules\` lists
64|--exit-code 256 $pass|'256' is not a number up to 255
64|--cacert $dir/nothing $pass|--cacert: '$dir/nothing' is not a file that can be read
64|--cert $dir/nothing $pass|--cert: '$dir/nothing' is not a file that can be read
64|--key $dir/nothing $pass|--key: '$dir/nothing' is not a file that can be read
64|--authfile $dir/nothing $pass|--authfile: '$dir/nothing' is not a file that can be read
64|--rules $dir/nothing $pass|--rules: $dir/nothing: No such file
64|--ignorefile $dir/nothing $pass|--ignorefile: $dir/nothing: No such file
64|--baseline $dir/nothing $pass|--baseline: $dir/nothing: No such file
64|--baseline $dir/words $pass|$dir/words:1:3: invalid token
64|explain $pass MakeIptableUtilChains|did you mean 'makeIPTablesUtilChains'?
64|explain $pass --read-only-prot|did you mean 'read-only-port'?
64|explain $pass xyzzy|'xyzzy' is neither a setting of the kubelet, nor a rule, nor a unit
64|doker://alpine|'doker' is not a scheme
64|doker:$pass|'doker' is not a scheme
66|alpine:3|(an image in a registry is docker://alpine:3)
64|list:testdata/images/node-pass.tar.gz|not a text with one target a line
66|list:$dir/nothing|No such file
69|ext4:$dir/words|not a file system of kind ext
69|squashfs:$dir/words|not a file system of kind squashfs
69|iso:$dir/words|not a file system of kind iso9660
69|qcow2:$dir/words|not a disk in a container of kind qcow2
69|vmdk:$dir/words|not a disk in a container of kind vmdk
T

# ---- options of status ----
status 0 '--exit-zero' "$OFFNODE" --exit-zero "$fail"
status 66 '--exit-zero keeps input errors' "$OFFNODE" --exit-zero "$fail" "$dir/nothing"
status 7 '--exit-code' "$OFFNODE" --exit-code 7 "$fail"
status 0 '--allow-empty' "$OFFNODE" --allow-empty "$empty"
status 0 '--fail-on fail' "$OFFNODE" --fail-on fail "$unknown"
status 0 'a provisional pass' "$OFFNODE" "$provisional"
status 2 '--fail-on provisional' "$OFFNODE" --fail-on provisional "$provisional"
status 2 '--strict' "$OFFNODE" --strict "$provisional"
status 0 '--severity low keeps the rule' "$OFFNODE" -s low "$pass"
for name in 4.2.6 4.2.7 3.2.6 3.2.7 7.8 jeq-xry-fa2 kubelet-make-iptables-util-chains; do
	status 1 "--check $name" "$OFFNODE" -c "$name" "$fail"
done

# ---- rules and benchmarks ----
all() { env -u OFFNODE_CHECK "$OFFNODE" "$@"; }
node=$cases/benchmarks/all-of-cis-on-a-kubeadm-node.txtar
status 1 'all rules' all "$node"
says 'of the benchmark that fits' out 'benchmark cis-1.12: kubeadm'
status 1 'an older kubelet' all --kubelet-version 1.24 "$node"
says 'has an older benchmark' out 'benchmark cis-1.24: kubeadm, kubelet 1.24'
status 0 'a number of the founding rule' all -c 4.2.7 "$node"
says 'names it' out 'make-iptables-util-chains must be true'
status 1 'the same in a benchmark' all -c 4.2.7 -b cis-1.12 "$node"
says 'is what it is there' out 'the node name must not be overridden'
status 1 'another number' all -c 4.2.8 --kubelet-version 1.22 "$node"
says 'is that of the chosen benchmark' out 'the node name must not be overridden'
status 1 'a rule that the chosen benchmark lacks' all -c kubelet-protect-kernel-defaults "$node"
printf 'rules:\n- id: own\n  severity: high\n  want: {setting: podPidsLimit, above: 0}\n' >"$dir/own.yaml"
status 1 '--rules' all --rules "$dir/own.yaml" "$node"
says 'stands alone' out '1 failed, 0 passed'
status 1 '--rules with a benchmark' all --rules "$dir/own.yaml" -b gke-1.9.0 "$node"
says 'both' out '1 failed, 2 passed'
status 1 'an own rule by its id' all --rules "$dir/own.yaml" -c own "$node"
status 64 'an own rule without its file' all -c own "$node"
status 0 'rules list of a file' all rules list --rules "$dir/own.yaml"
status 64 '--rules that are not there' all --rules "$dir/nothing" "$node"
one_line 'one line says so'
printf 'rules:\n- id: own\n  want: {setting: podPids, above: 0}\n' >"$dir/own.yaml"
status 64 'a broken file of rules' all --rules "$dir/own.yaml" "$node"
one_line 'one line says where'
says 'and what' err "own.yaml:3:19: 'podPids' is no setting of a kubelet"

# ---- environment ----
status 0 'a switch from the environment' env OFFNODE_EXIT_ZERO=1 "$OFFNODE" "$fail"
status 1 'a switch that is off there' env OFFNODE_EXIT_ZERO=0 "$OFFNODE" "$fail"
status 64 'a bad value there' env OFFNODE_FAIL_ON=never "$OFFNODE" "$fail"
status 2 'the command line wins' env OFFNODE_FAIL_ON=fail "$OFFNODE" --fail-on=unknown "$unknown"
status 1 'several values with commas' env OFFNODE_CHECK=4.2.6,7.8 "$OFFNODE" "$fail"
status 1 'the format' env OFFNODE_FORMAT=json "$OFFNODE" "$fail"
says 'the format was taken' out schemaVersion

# ---- output ----
status 1 '-o' "$OFFNODE" -o "$dir/report" "$fail"
[ ! -s "$dir/out" ] && grep -q '^FAIL' "$dir/report"
tell $? 'the report is in the file alone'
status 1 'two formats, two files' "$OFFNODE" -f "json=$dir/a.json" -f "text=$dir/a.text" "$fail"
grep -q schemaVersion "$dir/a.json" && grep -q '^FAIL' "$dir/a.text" && [ ! -s "$dir/out" ]
tell $? 'each file has its format'
status 1 'one to a file, one to standard output' "$OFFNODE" -f "json=$dir/b.json" -f text "$fail"
says 'text is on standard output' out 'FAIL'
"$OFFNODE" --color always "$fail" | grep -q $'\033\[1;31mFAIL'
tell $? '--color always'
"$OFFNODE" "$fail" | grep -q $'\033'
[ $? = 1 ]
tell $? 'no colour into a pipe'
CLICOLOR_FORCE=1 "$OFFNODE" "$fail" | grep -q $'\033'
tell $? 'CLICOLOR_FORCE'
CLICOLOR_FORCE=1 NO_COLOR=1 "$OFFNODE" "$fail" | grep -q $'\033'
[ $? = 1 ]
tell $? 'NO_COLOR'
NO_COLOR=1 "$OFFNODE" --color=always "$fail" | grep -q $'\033'
tell $? 'the option beats NO_COLOR'
"$OFFNODE" "$fail" >/dev/null 2>"$dir/err"
[ ! -s "$dir/err" ]
tell $? 'nothing on standard error when all was read'
"$OFFNODE" -f json "$fail" >"$dir/1" && false
"$OFFNODE" -f json "$fail" >"$dir/2" && false
cmp -s "$dir/1" "$dir/2"
tell $? 'the same report twice'
status 1 'SOURCE_DATE_EPOCH' env SOURCE_DATE_EPOCH=0 "$OFFNODE" -f json "$fail"
says 'it dates the report' out '"timestamp": "1970-01-01T00:00:00Z"'
silent 'no time without it' 1 timestamp
# A chroot may have no /dev/pts.
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	TERM=xterm script -qec "$OFFNODE $fail" /dev/null </dev/null 2>/dev/null | grep -q $'\033\[1;31m'
	tell $? 'colour on a terminal'
	TERM=dumb script -qec "$OFFNODE $fail" /dev/null </dev/null 2>/dev/null | grep -q $'\033\[1'
	[ $? = 1 ]
	tell $? 'TERM=dumb has none'
	TERM=xterm CLICOLOR=0 script -qec "$OFFNODE $fail" /dev/null </dev/null 2>/dev/null | grep -q $'\033\[1'
	[ $? = 1 ]
	tell $? 'CLICOLOR=0 has none'
else
	n=$((n + 1))
	echo "ok $n - colour on a terminal # SKIP script(1) cannot make a terminal here"
fi

# ---- looking inside ----
status 0 'cat' "$OFFNODE" cat "$unknown" /etc/os-release
says 'the bytes of the file' out 'ID=debian'
status 66 'cat of what is not there' "$OFFNODE" cat "$unknown" /etc/nothing
status 66 'cat of a directory' "$OFFNODE" cat "$unknown" /etc
status 0 'ls' "$OFFNODE" ls "$unknown" /etc
says 'a line a name' out 'os-release'
status 66 'ls of what is not there' "$OFFNODE" ls "$unknown" /nothing
status 64 'ls has no JSON' "$OFFNODE" ls -f json "$unknown" /etc
one_line "one line says so"
status 0 'capture' "$OFFNODE" capture "$unknown"
cp "$dir/out" "$dir/capture"
status 2 'a capture scans to the same verdict' "$OFFNODE" "$dir/capture"
status 0 'argv of a unit' "$OFFNODE" argv "$unknown" kubelet
status 3 'argv of a unit that is not there' "$OFFNODE" argv "$unknown" nothing.service
says 'it says so' out 'not-found'
status 0 'explain by flag' "$OFFNODE" explain "$pass" --make-iptables-util-chains
status 0 'explain by number' "$OFFNODE" explain "$pass" 4.2.7
status 0 'explain a unit' "$OFFNODE" explain "$pass" kubelet.service
says 'its words before' out 'before  '
status 3 'explain a unit that is not there' "$OFFNODE" explain "$pass" nothing.service
says 'it says so' out 'not-found'
status 0 'rules' "$OFFNODE" rules
says 'benchmarks among them' out '  gke-1.9.0 gke-1.8.0'
status 0 'rules show' "$OFFNODE" rules show 4.2.6
says 'every number' out 'gke-1.6.0'
printf -- '-- /etc/default/kubelet --\nKUBELET_EXTRA_ARGS=--make-iptables-util-chains=false\n' >"$dir/over"
status 1 'an overlay decides' "$OFFNODE" --overlay "txtar:$dir/over" "$unknown"
status 66 'an overlay that is not there' "$OFFNODE" --overlay "txtar:$dir/nothing" "$unknown"

# ---- documents agree ----
status 0 'help' "$OFFNODE" help
cp "$dir/out" "$dir/help"
status 0 'help of a command' "$OFFNODE" scan --help
status 64 'help of no command' "$OFFNODE" help scna
status 0 'version' "$OFFNODE" --version
says 'version' out "$(sed -n 's/^#define OFFNODE_VERSION "\(.*\)"/\1/p' include/offnode.h)"
grep -oE -- '--[a-z][a-z-]+' "$dir/help" | sort -u >"$dir/in-help"
cp "$dir/in-help" "$dir/options"
grep -oE '^\.It .*Fl -[a-z-]+' scanner/offnode.1 | grep -oE 'Fl -[a-z-]+' | sed 's/Fl -/--/' | sort -u >"$dir/in-page"
diff "$dir/in-help" "$dir/in-page" >"$dir/out"
tell $? 'help and the manual page name the same options'
sed -n '/^Commands/,/^$/p' "$dir/help" | awk '/^  [a-z]/ { print $1 }' | sort >"$dir/in-help"
sed -n '/^.Sh COMMANDS/,/^.Sh TARGETS/p' scanner/offnode.1 | awk '/^\.It Cm/ { print $3 }' | sort >"$dir/in-page"
diff "$dir/in-help" "$dir/in-page" >"$dir/out"
tell $? 'help and the manual page name the same commands'
for shell in bash zsh fish; do
	status 0 "completion $shell" "$OFFNODE" completion $shell
	cp "$dir/out" "$dir/offnode.$shell"
	missing=$(sed 's/^--//' "$dir/in-help" "$dir/options" 2>/dev/null | while read -r o; do
		grep -qw -- "$o" "$dir/offnode.$shell" || echo "$o"
	done)
	echo "$missing" >"$dir/out"
	[ -z "$missing" ]
	tell $? "the completion of $shell knows every command and option"
done
status 64 'completion of no shell' "$OFFNODE" completion csh
completes() { # completes WANT WORD...: what bash offers for the last word
	local want=$1
	shift
	bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _offnode; echo "${COMPREPLY[*]}"' - "$dir/offnode.bash" "$@" >"$dir/out" 2>&1
	grep -qx -- "$want" "$dir/out"
	tell $? "bash completes '${*: -2}'"
}
completes 'config convert' offnode con
completes '--fail-on --fail-on-new' offnode scan --fail-on
completes 'json junit' offnode scan -f j
completes 'always' offnode scan --color al
missing=$(sed -n 's/^\tX([A-Z_]*, "\([a-z-]*\)").*/\1/p' include/reason.h | while read -r r; do
	grep -q "$r" scanner/offnode.1 && grep -q "$r" testdata/report.schema.json || echo "$r"
done)
echo "$missing" >"$dir/out"
[ -z "$missing" ]
tell $? 'the manual page and the schema know every reason'

missing=$(python3 - testdata/report.schema.json scanner/offnode-report.5 <<'PY'
import json, re, sys
schema = json.load(open(sys.argv[1]))
words = set(re.findall(r"\w+", open(sys.argv[2]).read()))
shapes = [schema] + [schema["$defs"][d] for d in ("target", "result")] + [schema["$defs"]["origin"]["oneOf"][1]]
print("\n".join(sorted({m for s in shapes for m in s["properties"]} - words)))
PY
)
echo "$missing" >"$dir/out"
[ -z "$missing" ]
tell $? 'offnode-report(5) names every member of documents, targets, results and origins'

# ---- the schema ----
unset OFFNODE_CHECK
if python3 -c 'import jsonschema' 2>/dev/null; then
	find $cases -name '*.txtar' | sort >"$dir/cases"
	for command in scan argv config inspect; do
		"$OFFNODE" $command -f json "list:$dir/cases" >"$dir/$command.report" 2>/dev/null
	done
	"$OFFNODE" explain -f json "list:$dir/cases" makeIPTablesUtilChains >"$dir/key.report" 2>/dev/null
	"$OFFNODE" explain -f json "list:$dir/cases" kubelet.service >"$dir/unit.report" 2>/dev/null
	"$OFFNODE" rules -f json >"$dir/rules.report"
	"$OFFNODE" scan -f json "$dir/nothing" "$pass" >"$dir/missing.report" 2>/dev/null
	for image in testdata/images/*; do
		"$OFFNODE" inspect -f json "$image" >"$dir/$(basename "$image").report" 2>/dev/null
	done
	python3 - testdata/report.schema.json "$dir"/*.report >"$dir/out" 2>&1 <<'PY'
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
check = jsonschema.Draft202012Validator(schema)
bad = targets = 0
seen = set()

# A setting that is the same in every report is looked at once.
def pruned(value, key=""):
    if isinstance(value, dict):
        return {k: pruned(v, k) for k, v in value.items()}
    if not isinstance(value, list) or key in ("targets", "span"):
        return [pruned(v) for v in value] if isinstance(value, list) else value
    fresh = {(key, json.dumps(v, sort_keys=True)): v for v in value}
    fresh = {k: v for k, v in fresh.items() if k not in seen}
    seen.update(fresh)
    return [pruned(v) for v in fresh.values()]

for path in sys.argv[2:]:
    report = json.load(open(path))
    targets += len(report.get("targets", []))
    for error in check.iter_errors(pruned(report)):
        bad += 1
        print(path, list(error.absolute_path), error.message[:200])
print(targets, "targets")
sys.exit(bad > 0 or targets < 500)
PY
	tell $? 'every JSON report fits the schema'
else
	n=$((n + 1))
	echo "ok $n - every JSON report fits the schema # SKIP python3-jsonschema is not installed"
fi

echo "1..$n"
[ $failed = 0 ]
