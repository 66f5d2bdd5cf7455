#!/usr/bin/env bash
# recipe.sh - every image that the shared recipe makes of the sample node, where a checkout has it: the
# report is that of the node's directory, and what `inspect` tells of the disk is what qemu-img, sfdisk
# and blkid tell of it. Exceptions are named below with their reason: an image of which this script
# knows nothing must be as the others are. Prints TAP.
differs=notes
. tests/support/nodes.sh
recipe=${RECIPE:-$top/../shared/tools/mkimages.sh}
[ -f "$recipe" ] || { echo '# the checkout has no recipe' && plan && exit 0; }
have qemu-img
have sfdisk
have blkid
bash "$recipe" tree images >made 2>&1
grep -q '^ok' made
result $? 'the recipe makes images'
sed -n 's/^skip/# left out by the recipe:/p' made
cd images || exit 1

# refused STATUS TEXT: the image may not be read, and why. Siblings are opened when that is allowed.
refused() {
	says "$image is refused" "$1" "$2" scan "$image"
	says '# inspect agrees' "$1" "$2" inspect "$image"
}
with_siblings() {
	refused 69 "needs its $1 .*$2.*, see --allow-backing"
	"$OFFNODE" scan -f json --allow-backing "$image" 2>report.err | python3 ../same.py ${differs:-} >got
	cmp -s scanned got
	result $? '# with --allow-backing it is as the directory'
}
"$OFFNODE" scan -f json dir:src 2>report.err | python3 ../same.py ${differs:-} >scanned
cp ../same.py . && facts dir:src >want

# What of a disk other programs know too. The recipe's containers all hold the disk gpt-ext4.raw.
cat >agrees.py <<'PY'
import json, subprocess, sys
def run(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout
def blkid(file, *more):
    lines = run("blkid", "-p", "-o", "export", *more, file).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
NAMES = {"LVM2_member": "LVM2 pv", None: "empty"}
file, inspected = sys.argv[1], json.load(open(sys.argv[2]))["targets"][0]
steps, volumes, bad = inspected["readAs"].split(" > "), inspected["read"]["partitions"], []
def want(what, ours, theirs):
    if ours != theirs:
        bad.append(f"{what}: {ours!r}, others say {theirs!r}")
def same_volumes(of):
    for ours, theirs in zip(volumes, of, strict=True):
        for key in theirs:
            want(f'{theirs["name"]} {key}', ours[key], theirs[key])
by_name = ["-f", "vpc"] if file.endswith(".vhd") else []  # a fixed one has but a footer
container = json.loads(run("qemu-img", "info", "--output=json", "-U", *by_name, file))["format"]
container = {"vpc": "vhd"}.get(container, container)
if container != "raw":
    want("container", steps[0], container)
elif blkid(file):
    table = blkid(file).get("PTTYPE")
    want("table", steps[0] if table else None, {"dos": "mbr", "PMBR": "gpt"}.get(table, table))
    for v in volumes:
        if "/" in v["name"]:
            continue  # of LVM
        seen = blkid(file, "-O", str(v["offset"]), "-S", str(v["size"])) if table else blkid(file)
        want(v["name"], v["holds"], NAMES.get(seen.get("TYPE"), seen.get("TYPE")))
        want(f'{v["name"]} label', v["label"], seen.get("LABEL"))
        want(f'{v["name"]} uuid', v["uuid"], seen.get("UUID"))
    entries = json.loads(run("sfdisk", "-J", file) or "{}").get("partitiontable", {})
    if entries and table != "PMBR":
        listed = [p for p in entries["partitions"] if p["type"] not in ("5", "f")]
        parts = [v for v in volumes if "/" not in v["name"]]
        for v, p in zip(parts, listed, strict=True):
            kind = p["type"].lower() if table == "gpt" else f'0x{int(p["type"], 16):02x}'
            want(f'{v["name"]} place', [v["offset"], v["size"], v["type"]],
                 [p["start"] * 512, p["size"] * 512, kind])
            want(f'{v["name"]} name', v["partlabel"], p.get("name"))
            if "uuid" in p:
                want(f'{v["name"]} partuuid', v["partuuid"], p["uuid"].lower())
if container != "raw" or not blkid(file):
    same_volumes(json.load(open("gpt-ext4.json"))["targets"][0]["read"]["partitions"])
for line in bad:
    print("#", line)
sys.exit(bool(bad))
PY
"$OFFNODE" inspect -f json gpt-ext4.raw >gpt-ext4.json 2>said
agrees() { # agrees IMAGE
	"$OFFNODE" inspect --allow-backing -f json "$1" >inspected.json 2>said && python3 agrees.py "$1" inspected.json
	result $? "# what inspect tells of it, others do"
}

# The default subvolume is a snapshot, in which a subvolume of the original is an empty directory.
as_mounted() {
	mkdir -p mnt && mount -o loop,ro "$image" mnt 2>said || { skip "$image" "not mounted: $(tail -n 1 said)"; return; }
	facts dir:mnt >mounted
	umount mnt
	facts "$image" >got && cmp -s mounted got
	result $? "$image is as Linux mounts it"
}

for image in *; do
	[ -f "$image" ] || continue
	case $image in
	src.* | disk.ovf | xfs.proto | gpt-ext4.esp | *.log | *.json | *.py) continue ;; # no images
	got | want | scanned | said | difference | report.err | mounted) continue ;; # ours
	luks.img) refused 69 'LUKS2: only its key opens it' ;;
	squashfs-lzo.img) refused 69 'squashfs with lzo compression' ;;
	split-s001.vmdk) refused 69 'one extent of a disk that a descriptor in another file describes' ;;
	flat.vmdk) with_siblings extent flat-flat.vmdk && agrees "$image" ;;
	split.vmdk) with_siblings extent split-s001.vmdk && agrees "$image" ;;
	v3-backing.qcow2) with_siblings 'backing file' v3-zlib.qcow2 && agrees "$image" ;;
	v3-datafile.qcow2) with_siblings 'data file' v3-datafile.bin && agrees "$image" ;;
	esp.vfat) says "$image has a file in the place of a kernel" 2 'EFI/Linux/uki.efi: no unified kernel image' scan "$image" ;;
	btrfs-subvol.img) as_mounted && agrees "$image" ;;
	root.cpio) same "$image" "$image" cpio ;;
	*) same "$image" "$image" && agrees "$image" ;;
	esac
done
plan
