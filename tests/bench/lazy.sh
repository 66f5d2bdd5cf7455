#!/usr/bin/env bash
# lazy.sh - the big node in a registry, its layers as zstd:chunked (skopeo's) and as eStargz: what is fetched
# of them and how long that takes, beside skopeo copy and a scan of the copy.
#
# Inputs are those of inputs.sh and two more images of the same layers (about 1 GB). Small scale: FILES=5000
# BULK_MB=50.
set -u
: "${BUILD:=build}" "${OFFNODE:=$BUILD/offnode}" "${TIMES:=3}"
here=$(dirname "$0")
. "$here/table.sh"
. "$here/inputs.sh"
. "$here/../support/registry.sh"
set -e
work=$(mktemp -d)
make_tree
make_oci
if [ ! -e "$in/chunked/made" ]; then
	rm -rf "$in/chunked"
	skopeo --insecure-policy copy -q --dest-compress-format zstd:chunked "oci:$in/oci:node" "oci:$in/chunked:node" 2>"$work/said"
	touch "$in/chunked/made"
fi
if [ ! -e "$in/stargz/made" ]; then
	rm -rf "$in/stargz"
	python3 "$here/../support/lazy_layers.py" layout stargz "$in/oci" "$in/stargz" --chunk 4194304
	touch "$in/stargz/made"
fi
registry_start
for form in oci chunked stargz; do push "$in/$form:node" node:$form 2>"$work/said"; done

# ---- runs ----

copied() { # copied FORM: what one does without
	rm -rf "$work/copy" && skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$registry/node:$1" "oci:$work/copy:node"
	"$OFFNODE" scan "oci:$work/copy:node"
}
export -f copied
export OFFNODE registry work
fetched() { # fetched FORM: requests, bytes, of how many
	"$OFFNODE" scan --plain-http --no-cache -f json "docker://$registry/node:$1" >"$work/report.json" || true
	python3 -c 'import json, sys
use = json.load(open(sys.argv[1]))["targets"][0]["read"]["fetched"]
print(use["requests"], use["bytes"], use["of"])' "$work/report.json"
}
row() { # row LABEL COMMAND...
	measure "$TIMES" "${@:2}"
	[ "$status" -le 3 ] || set -- "$1 (ended with status $status)"
	printf '%-44s %9.3f %9.3f %8.1f\n' "$1" "$best" "$cpu" "$(awk "BEGIN{print $peak/1024}")"
}
printf '%-44s %9s %9s %8s\n' '' 'wall s' 'cpu s' 'peak MB'
for form in oci chunked stargz; do
	row "skopeo copy of $form, and a scan" bash -c "copied $form"
	row "offnode scan of $form" "$OFFNODE" scan --plain-http --no-cache "docker://$registry/node:$form"
done
echo
for form in oci chunked stargz; do
	read -r requests bytes of < <(fetched "$form")
	percent=$(awk "BEGIN { printf \"%.2f\", 100 * $bytes / $of }")
	aim='' said=''
	[ "$form" = oci ] || aim='aim under 2' said=$(verdict "$percent" '<' 2)
	printf '%-44s %9s  %-16s %s\n' "$form: % of $((of >> 20)) MB, $requests requests" "$percent" "$aim" "$said"
done
