#!/bin/sh
# names.sh - names that say nothing: types, files and identifiers in the words of no field.
set -u
failed=0
vague='(^|_)(context|ctx|manager|mgr|util|utils|helper|helpers|misc|common)(_|$)'
for file in $(find scanner include tests -name '*.[ch]'); do
	if basename "$file" | sed 's/\.[ch]$//' | grep -qE "$vague|(^|_)(data|info)(_|$)"; then
		echo "$file: a file is named after what it holds in the field's own terms"
		failed=1
	fi
done
# Names that are defined here: struct, enum, and functions at the first column.
# In systemd "the manager" is the thing itself.
found=$(grep -rnE '^(struct|enum|union) [a-z_0-9]+ \{|^[a-z].*[ *][a-z_0-9]+\(' scanner include | grep -v '^scanner/systemd/.*manager' |
	grep -E "(struct|enum|union) [a-z_0-9]*(context|ctx|manager|mgr|util|helper|_data|_info)[a-z_0-9]* \{|[ *]([a-z0-9]+_)*(context|ctx|manager|mgr|util|helper|misc)(_[a-z0-9]+)*\(")
if [ -n "$found" ]; then
	printf '%s\n' "$found" | sed 's/$/   <- a name that says nothing/'
	failed=1
fi
found=$(grep -rnE '^typedef' scanner include | grep -vE 'typedef [a-z].*[ *][a-z_0-9]+\(')
if [ -n "$found" ]; then
	printf '%s\n' "$found" | sed 's/$/   <- typedefs are for function types only/'
	failed=1
fi
[ $failed = 0 ] && echo 'names: clean'
exit $failed
