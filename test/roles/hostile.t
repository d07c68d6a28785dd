#!/bin/sh
#
# hostile.t - a role that was taken over gains nothing, also when the daemon runs under an ordinary user: src/sendmail/hostile_test.c, which
# `sh Build check' runs as whoever calls it, once more as that user.

# shellcheck source=test/lib/tap.sh
. "${0%/*}/../lib/tap.sh"

out=$(as_user "$OBJ/sendmail/hostile_test" 2>&1)
ok [ $? = 0 ] -- "no role gives way to an ordinary user" || diag "$out"
done_testing
