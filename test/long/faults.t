#!/bin/sh
# All points of test/fault, not a tenth of them: each call of the spool fails in each way, power cuts, damaged journals, 100 rounds of kill -9.
. "$(dirname "$0")/../lib/tap.sh"
ANGARIUM_FAULTS=all
export ANGARIUM_FAULTS
for t in "$TOP"/test/fault/*.t; do
	name=${t##*/}
	if out=$("$t" 2>&1); then
		pass "$name: $(printf '%s\n' "$out" | sed -n 's/^# \(SEED=\)/\1/p')"
	else
		fail "$name"
	fi
	diag "$(printf '%s\n' "$out" | grep -E '^(not ok|#)' | cut -c1-200)"
done
done_testing
