#!/bin/sh
#
# hostile.t - a role that was taken over gains nothing, also when the daemon runs under an ordinary user: src/sendmail/hostile_test.c, which
# `sh Build check' runs as whoever calls it, once more as that user.

# shellcheck source=test/lib/tap.sh
. "${0%/*}/../lib/tap.sh"

ok as_user "$OBJ/sendmail/hostile_test" -- "no role gives way to an ordinary user"
done_testing
