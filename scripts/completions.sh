#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Writes completions for bash, zsh and fish from what the program itself says of its options.
# usage: completions.sh HSMON FOLDER
set -eu
hsmon=$1 out=$2
mkdir -p "$out"

# letter|name|value|help of each option, "-" where there is none
options() {
	"$hsmon" --no-config -h | sed -n 's/^  \(-\(.\),\|   \) --\([a-z-]*\) \{0,1\}\([A-Z]*\) *\(.*\)$/\2|\3|\4|\5/p'
}

# The words that an option takes: it names them when it is given another one.
words() {
	{ "$hsmon" --no-config --check-config "--$1=?" 2>&1 || :; } | sed -n 's/.* is none of //p' | tr -d ,
}

# What a value is: files, folders, interfaces, words, or nothing that could be guessed.
kind() {
	case $1:$2 in
	*:FILE) echo files ;;
	*:DIR | *:PATH) echo folders ;;
	interface:*) echo interfaces ;;
	user:* | run-as:*) echo users ;;
	*) echo none ;;
	esac
}

table() {
	options | while IFS='|' read -r letter name value help; do
		list= kind=flag
		if [ -n "$value" ]; then
			list=$(words "$name")
			kind=$(kind "$name" "$value")
		fi
		echo "$letter|$name|$value|${list:+words}${list:-$kind}|$help"
	done | sed 's/|words\([^|]*\)|/|words \1|/'
}

bash_completion() {
	cat <<-'EOT'
		# bash completion for hsmon: made from its own help
		_hsmon() {
			local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
			case $prev in
	EOT
	while IFS='|' read -r letter name value kind help; do
		pattern="--$name${letter:+|-$letter}"
		case $kind in
		flag) ;;
		files) printf '\t%s) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;\n' "$pattern" ;;
		folders) printf '\t%s) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;\n' "$pattern" ;;
		users) printf '\t%s) mapfile -t COMPREPLY < <(compgen -u -- "$cur"); return ;;\n' "$pattern" ;;
		interfaces) printf '\t%s) mapfile -t COMPREPLY < <(cd /sys/class/net && compgen -f -- "$cur"); return ;;\n' "$pattern" ;;
		words*) printf '\t%s) mapfile -t COMPREPLY < <(compgen -W "%s" -- "$cur"); return ;;\n' "$pattern" "${kind#words }" ;;
		none) printf '\t%s) return ;;\n' "$pattern" ;;
		esac
	done <"$1"
	printf '\tesac\n\tmapfile -t COMPREPLY < <(compgen -W "certs%s" -- "$cur")\n}\ncomplete -F _hsmon hsmon\n' \
		"$(awk -F '|' '{ printf " --%s", $2; if ($1 != "") printf " -%s", $1 }' "$1")"
}

zsh_completion() {
	printf '#compdef hsmon\n# zsh completion for hsmon: made from its own help\n_arguments -s \\\n'
	while IFS='|' read -r letter name value kind help; do
		text=$(printf '%s' "$help" | sed "s/'/'\\\\''/g; s/[]:[]/\\\\&/g")
		case $kind in
		flag) action= ;;
		files) action=":$value:_files" ;;
		folders) action=":$value:_files -/" ;;
		users) action=":$value:_users" ;;
		interfaces) action=":$value:_net_interfaces" ;;
		words*) action=":$value:(${kind#words })" ;;
		none) action=":$value: " ;;
		esac
		[ -z "$letter" ] || printf "  '*-%s[%s]%s' \\\\\n" "$letter" "$text" "$action"
		printf "  '*--%s%s[%s]%s' \\\\\n" "$name" "${value:+=}" "$text" "$action"
	done <"$1"
	printf "  '::command:(certs)'\n"
}

fish_completion() {
	printf '# fish completion for hsmon: made from its own help\ncomplete -c hsmon -f -n __fish_use_subcommand -a certs -d "ask the inventory"\n'
	while IFS='|' read -r letter name value kind help; do
		text=$(printf '%s' "$help" | sed "s/'/\\\\'/g")
		case $kind in
		flag) how= ;;
		files) how='-r -F' ;;
		folders) how="-x -a '(__fish_complete_directories)'" ;;
		users) how="-x -a '(__fish_complete_users)'" ;;
		interfaces) how="-x -a '(command ls /sys/class/net)'" ;;
		words*) how="-x -a '${kind#words }'" ;;
		none) how=-x ;;
		esac
		printf "complete -c hsmon %s-l %s %s -d '%s'\n" "${letter:+-s $letter }" "$name" "$how" "$text"
	done <"$1"
}

list=$out/.options
table >"$list"
bash_completion "$list" >"$out/hsmon.bash"
zsh_completion "$list" >"$out/_hsmon"
fish_completion "$list" >"$out/hsmon.fish"
rm -f "$list"
