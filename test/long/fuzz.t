#!/bin/sh
# Each fuzz target runs for ANGARIUM_FUZZ_SECONDS (20) under clang's libFuzzer with the sanitizers,
# starting from its seeds.  A finding is left in the folder it names, and fails the test.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TOP" || exit 1
unset SENDMAIL_SUFFIX
out=$(sh Build fuzz 2>&1) || { diag "$out"; bail "the fuzz targets do not build"; }
F=$(sh Build -M).fuzz
keep=${TMPDIR:-/tmp}/angarium-findings
for t in $(for d in $(cat "$F/dirs"); do sed -n 's/^#fuzz //p' "$F/$d/Makefile"; done); do
	name=${t##*/}
	name=${name%_fuzz}
	mkdir -p "$TMP/$name" "$TMP/found"
	if "$F/$t" -max_total_time="${ANGARIUM_FUZZ_SECONDS:-20}" -timeout=10 -rss_limit_mb=2048 \
	    -artifact_prefix="$TMP/found/$name-" "$TMP/$name" "test/corpus/$name" >"$TMP/log" 2>&1; then
		pass "$name: $(grep -E '^Done' "$TMP/log" | tail -1)"
	else
		fail "$name"
		diag "$(tail -30 "$TMP/log")"
		mkdir -p "$keep" && cp "$TMP/found/$name-"* "$keep/" 2>/dev/null
		diag "what breaks it is in $keep"
	fi
done
done_testing
