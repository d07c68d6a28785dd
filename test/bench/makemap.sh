#!/bin/sh
#
# makemap.sh - the time of makemap for a million rows in no order, ours and a peer's in turns; how large the files are and
# whether each reads the other's.  Run by "sh Build bench"; README.md in this folder says what it means.

LC_ALL=C
export LC_ALL
OBJ=${ANGARIUM_OBJ:?run this by "sh Build bench"}
ANGARIUM_MODULES=$OBJ/modules
export ANGARIUM_MODULES
ROWS=${BENCH_ROWS:-1000000}
ROUNDS=${BENCH_ROUNDS:-3}
W=$(mktemp -d "${TMPDIR:-/tmp}/angarium-bench.XXXXXX") || exit 1
trap 'rm -rf "$W"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: >"$W/e.cf"

peer=
if [ -n "${ANGARIUM_PEER_DIR-}" ]; then
	for i in usr/libexec/sendmail/makemap usr/lib/sm.bin/makemap usr/sbin/makemap makemap; do
		[ -x "$ANGARIUM_PEER_DIR/$i" ] || continue
		libs=$(find "$ANGARIUM_PEER_DIR" -name '*.so.*' -exec dirname {} \; | sort -u | paste -sd: -)
		peer="${ANGARIUM_PEER_RUN-} env LD_LIBRARY_PATH=$libs $ANGARIUM_PEER_DIR/$i"
		break
	done
fi

awk -v n="$ROWS" 'BEGIN {
	srand(1)
	for (i = 0; i < n; i++)
		printf "%d user%d@example%d.org\tlocal:box%d\n", rand() * 1000000000, i, i % 997, i
}' | sort -n | sed 's/^[0-9]* //' >"$W/rows"
python3 - "$ROUNDS" "$W" "$OBJ/makemap/makemap" "$peer" <<'END'
import os, resource, subprocess, sys, time
rounds, w, ours, peer = int(sys.argv[1]), sys.argv[2], [sys.argv[3]], sys.argv[4].split()


def run(who, command, kind):
    name = "%s/%s.%s" % (w, who, kind)
    for suffix in (".db", ".cdb", ".lmdb"):
        if os.path.exists(name + suffix):
            os.unlink(name + suffix)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    t = time.monotonic()
    with open(w + "/rows") as f:
        subprocess.run(command + ["-C", w + "/e.cf", kind, name], stdin=f, check=True)
    t = time.monotonic() - t
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return t, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def dump(command, kind, name):
    p = subprocess.run(command + ["-C", w + "/e.cf", "-u", kind, name], stdout=subprocess.PIPE, check=True)
    return sorted(p.stdout.splitlines())


rows = sum(1 for _ in open(w + "/rows"))
print("makemap: %d rows, the best of %d rounds: seconds, of them processor" % (rows, rounds))
for kind in ("hash", "btree", "cdb", "lmdb"):
    both = peer and kind in ("hash", "btree")
    mine, theirs = [], []
    for _ in range(rounds):
        mine.append(run("ours", ours, kind))
        if both:
            theirs.append(run("peer", peer, kind))
    line = "makemap: %-5s ours %.2f (%.2f)" % ((kind,) + min(mine))
    if both:
        line += ", peer %.2f (%.2f): %.1f times as fast" % (min(theirs) + (min(theirs)[0] / min(mine)[0],))
        want = dump(ours, kind, "%s/ours.%s" % (w, kind))
        same = want == dump(ours, kind, "%s/peer.%s" % (w, kind)) == dump(peer, kind, "%s/ours.%s" % (w, kind))
        line += "; each reads the other's file, %s" % ("all rows equal" if same else "BUT ROWS DIFFER")
    print(line, flush=True)
END
