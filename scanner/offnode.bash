# bash completion of offnode(1)

_offnode()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='scan argv config explain inspect ls cat capture rules version help'
	local options='--format --output --quiet --verbose --color --no-progress --timestamp --check --skip
		--benchmark --rules --ignorefile --severity --strict --strict-waivers --baseline --fail-on-new --platform --overlay --kubelet-version --systemd-version
		--allow-backing --live-run --jobs --timeout --max-entries --max-file --max-spill --max-reads
		--max-read-bytes --max-depth --max-memory
		--allow-empty --fail-on --exit-zero --exit-code --help --version'
	case $before in
	--format | -f) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word") && return ;;
	--color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word") && return ;;
	--severity) mapfile -t COMPREPLY < <(compgen -W "low medium high" -- "$word") && return ;;
	--fail-on) mapfile -t COMPREPLY < <(compgen -W "fail unknown provisional" -- "$word") && return ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ $COMP_CWORD == 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -f -W "$commands" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}

complete -o filenames -F _offnode offnode
