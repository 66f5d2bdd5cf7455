# table.sh - measuring commands and what is printed of them; sourced by the benches, which say $here.

measure() { # measure TIMES COMMAND...: left in $best, $median, $cpu (seconds), $peak (KB), $status
	read -r best median cpu peak status < <(python3 "$here/measure.py" "$@")
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0) ? a / b : 0 }'; }
ms() { awk -v s="$1" 'BEGIN { printf "%.1f", s * 1000 }'; }
verdict() { awk -v v="$1" -v op="$2" -v aim="$3" 'BEGIN { print (op == "<" ? v + 0 < aim : v + 0 >= aim) ? "yes" : "NO" }'; }
