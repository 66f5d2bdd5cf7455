#!/usr/bin/env bash
# iso.sh - CD images that xorriso makes read back as the tree they were made of: by Rock Ridge whole, by
# Joliet and by plain names as far as those go; a squashfs in an image is read in place. Prints TAP.
. tests/support/trees.sh
have xorriso
stress_tree || exit 1

iso() { # iso FILE OPTION...
	xorriso -as mkisofs -quiet -o "$@" >said 2>&1 || sed 's/^/# /' said
}
iso image -R -V 'A LABEL' tree
same_tree image 'Rock Ridge'
grep -q '^iso9660 label=A LABEL uuid=....-..-..-..-..-..-..$' said
result $? 'label and date'
[ "$(sed -n 's/.*uuid=//p' said)" = "$(blkid -o value -s UUID -p image)" ]
result $? 'the date is the UUID that blkid tells'
iso image -R -J -joliet-long tree
same_tree image 'Rock Ridge before Joliet'

# What the names of all three can say; owners and modes are lost without Rock Ridge.
mkdir -p names/dir/sub && echo a >names/dir/file.txt && echo b >names/dir/sub/other.cfg && : >names/empty
unowned() {
	sed -E 's/ (regular|directory) [0-7]+ [0-9]+ [0-9]+/ \1/' "$1"
}
python3 "$top/tests/stress_tree.py" manifest names >names.manifest
iso image --norock names
"$manifest" image 2>said >plain.manifest
cmp -s <(unowned names.manifest) <(unowned plain.manifest)
result $? 'plain names are in small letters, without versions'
cp names/dir/file.txt 'names/dir/Größe von allem, 2 €.Text'
python3 "$top/tests/stress_tree.py" manifest names >names.manifest
LC_ALL=C.UTF-8 iso image --norock -J -joliet-long -input-charset utf-8 names
"$manifest" image 2>said >joliet.manifest
cmp -s <(unowned names.manifest) <(unowned joliet.manifest)
result $? 'Joliet names'

head -c 40000 image >short
refused short 'a truncated image is refused' 'ends at byte'

mkdir small && cp -a tree/links tree/modes tree/hard tree/names small
iso small.iso -R small
iso small.joliet --norock -J names
mutations 60 small.iso small.joliet
plan
