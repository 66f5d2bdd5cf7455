# nodes.sh - for scripts that put the sample node on disks and compare what offnode says of them with what
# it says of the node's directory; sourced, on top of trees.sh. $differs names members of the JSON
# report that may differ besides those that name the container the node came in.
. tests/support/trees.sh
have python3

cat >same.py <<'PY'
import json, sys
DROP = {"target", "kind", "trail", "digest", "platform", "labels", "layer", "layers", "read", "readAs", *sys.argv[1:]}
def strip(v):
    if isinstance(v, dict):
        return {k: strip(x) for k, x in v.items() if k not in DROP}
    return [strip(x) for x in v] if isinstance(v, list) else v
json.dump(strip(json.load(sys.stdin)), sys.stdout, indent=1, sort_keys=True)
PY

facts() { # facts TARGET
	local verb
	for verb in scan config; do
		"$OFFNODE" "$verb" -f json "$1" >report.json 2>report.err </dev/null
		echo "$verb: status $?"
		cat report.err
		python3 same.py ${differs:-} <report.json 2>/dev/null
	done
}
same() { # same NAME TARGET [READ-AS]: what the directory gives, and it was read as that
	facts "$2" >got
	diff -u want got >difference && { [ -z "${3:-}" ] || grep -qF "\"readAs\": \"$3\"" report.json; }
	local status=$?
	[ $status = 0 ] || { sed -n '1,30s/^/# /p' difference && grep readAs report.json | sed 's/^/# /'; }
	result $status "$1"
}
says() { # says NAME STATUS TEXT VERB TARGET...: on either output
	"$OFFNODE" "${@:4}" >said 2>&1 </dev/null
	local status=$?
	[ $status = "$2" ] && grep -q -e "$3" said
	status=$?
	[ $status = 0 ] || { echo "# wanted status $2: $3" && sed 's/^/# /' said | head -20; }
	result $status "$1"
}

# ---- parts ----

ext4() { # ext4 IMAGE DIRECTORY MIB OPTION...
	rm -f "$1" && truncate -s "$3M" "$1" && mke2fs -q -F -t ext4 -d "$2" "${@:4}" "$1" >mke2fs.log 2>&1 ||
		sed 's/^/# /' mke2fs.log
}
disk() { # disk IMAGE MIB < script of sfdisk
	rm -f "$1" && truncate -s "$2M" "$1" && sfdisk -q "$1" >sfdisk.log 2>&1 || sed 's/^/# /' sfdisk.log
}
put() { # put IMAGE MIB PART: the part's bytes at that place
	dd if="$3" of="$1" bs=1M seek="$2" conv=notrunc,sparse status=none
}
sample() { # sample DIRECTORY
	mkdir -p "$1" && tar -C "$1" -xzf "$top/testdata/images/node-fail.tar.gz"
}

sample tree
facts dir:tree >want
grep -q '^scan: status 1$' want && grep -q '"verdict": "fail"' want
result $? 'the directory fails'
