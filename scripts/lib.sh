# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# lib.sh - what the build scripts share: places, words to the user, and a way
# to run a long step with its output in a log and its progress on the screen.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$repo/build}
logs=$build/log
tree=$build/linux

# Where Debian's linux-source package puts the kernel.
tarball=${KERNEL_TARBALL:-/usr/src/linux-source-6.12.tar.xz}

say()
{
	printf '== %s\n' "$*"
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# A script that stops at a failing command says where.
set -E
trap '[ $BASH_SUBSHELL -gt 0 ] || printf "%s: line %d failed\n" "${0##*/}" "$LINENO" >&2' ERR

# elapsed SECONDS: as 1:05
elapsed()
{
	printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# progress PID LOG TITLE: until PID ends, show how far its log has come: every
# second on a terminal, twice a minute elsewhere.
progress()
{
	local pid=$1 log=$2 title=$3 start=$SECONDS next=30 spent

	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		spent=$((SECONDS - start))
		if [ -t 1 ]; then
			printf '\r   %s: %s, %d lines \033[K' "$title" "$(elapsed $spent)" "$(wc -l <"$log")"
		elif [ $spent -ge $next ]; then
			next=$((next + 30))
			printf '   %s: %s, %d lines\n' "$title" "$(elapsed $spent)" "$(wc -l <"$log")"
		fi
	done
	if [ -t 1 ]; then
		printf '\r\033[K'
	fi
}

# logged NAME TITLE COMMAND...: run COMMAND with its output in build/log/NAME.log;
# when it fails, print the log's tail and its path and return its status.
logged()
{
	local log=$logs/$1.log title=$2 pid status=0 start=$SECONDS
	shift 2

	mkdir -p "$logs"
	: >"$log"
	"$@" >>"$log" 2>&1 </dev/null &
	pid=$!
	progress $pid "$log" "$title"
	wait $pid || status=$?
	if [ $status -ne 0 ]; then
		printf '== %s FAILED (status %d), the end of %s:\n' "$title" $status "$log" >&2
		tail -n 30 "$log" >&2
		return $status
	fi
	say "$title: done in $(elapsed $((SECONDS - start)))"
}

# as_root PURPOSE COMMAND...: run COMMAND with root's rights
as_root()
{
	local purpose=$1
	shift

	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif sudo -n true 2>/dev/null || { [ -t 2 ] && command -v sudo >/dev/null; }; then
		sudo "$@"
	else
		die "only root (or sudo) may $purpose"
	fi
}

# Lists have one item a line, its name first: the names of those in FILE.
names()
{
	sed -E -e '/^[[:space:]]*(#|$)/d' -e 's/[[:space:]].*//' "$1"
}
