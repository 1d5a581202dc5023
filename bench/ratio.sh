#!/bin/sh
# ratio.sh [ROUNDS] compares the kernel as shipped with a bare heap in C: hold model and M/M/1 queue. It needs go and gcc.
#
# A machine's speed drifts, so C and Go run in turn, on one core where taskset exists, and the ratio is the median of the
# rounds' ratios. The times are medians too, and so their quotient may differ a little from the ratio.
set -eu
rounds=${1:-7}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pin=
if taskset -c 0 true 2>/dev/null; then pin="taskset -c 0"; fi

for program in hold mm1; do
	gcc -O3 -march=native -o "$work/$program" "$here/$program.c" -lm
done
(cd "$here/.." && go test -c -o "$work/sim.test" ./sim)

# go_ns BENCHMARK OPERATIONS prints nanoseconds per operation.
go_ns() {
	$pin "$work/sim.test" -test.run '^$' -test.bench "$1" -test.benchtime "$2x" | awk '/ns\/op/ { print $3 }'
}

# row LABEL BENCHMARK OPERATIONS C-COMMAND... measures one line of the table.
row() {
	label=$1 benchmark=$2 operations=$3
	shift 3
	: >"$work/rounds"
	for _ in $(seq "$rounds"); do
		c=$($pin "$@" "$operations" 2>/dev/null)
		echo "$c $(go_ns "$benchmark" "$operations")" >>"$work/rounds"
	done
	printf '%s %s %s %s\n' "$label" "$(median '$1')" "$(median '$2')" "$(median '$2 / $1')" |
		awk '{ printf "%-9s %5s  %9.1f %9.1f  %5.2f\n", $1, $2, $3, $4, $5 }'
}

# median EXPRESSION prints the median over the rounds of an awk expression of the C and Go times.
median() {
	awk "{ print $1 }" "$work/rounds" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

printf '%-9s %5s  %9s %9s  %5s\n' pending kinds 'C ns' 'Go ns' ratio
for size in 16:16 100:100 10k:10000 1M:1000000; do
	for kinds in 1 2; do
		row "${size%:*} $kinds" "^BenchmarkHold\$/^pending=${size%:*}\$/^kinds=$kinds\$" 2000000 "$work/hold" "${size#*:}"
	done
done
row "M/M/1 2" '^BenchmarkMM1$' 2000000 "$work/mm1"
