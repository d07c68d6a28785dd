# one.sh - run one test for prove: a test program, a fuzz target with its corpus, or a script.
# ANGARIUM_VALGRIND=yes runs test programs under valgrind.

t=$1
case $t in
test/long/*)	: "${ANGARIUM_TEST_TIMEOUT:=7200}" ;;
esac
if command -v timeout >/dev/null 2>&1; then
	set -- timeout -k 5 "${ANGARIUM_TEST_TIMEOUT:-600}"
else
	set --
fi
case $t in
*_fuzz)
	name=${t##*/}
	name=${name%_fuzz}
	if [ ! -d "test/corpus/$name" ]; then
		echo "1..1"
		echo "not ok 1 - test/corpus/$name is missing"
		exit 1
	fi
	exec "$@" "$t" "test/corpus/$name" ;;
*_test)
	CMOCKA_MESSAGE_OUTPUT=TAP
	export CMOCKA_MESSAGE_OUTPUT
	if [ "${ANGARIUM_VALGRIND-}" = yes ]; then
		set -- "$@" valgrind -q --error-exitcode=99 --leak-check=full \
		    --errors-for-leak-kinds=definite --show-leak-kinds=definite \
		    --child-silent-after-fork=yes --suppressions=test/lib/valgrind.supp
	fi
	exec "$@" "$t" ;;
*)
	if [ -x "$t" ]; then
		case $t in
		/*)	exec "$@" "$t" ;;
		*)	exec "$@" "./$t" ;;
		esac
	fi
	echo "1..1"
	echo "not ok 1 - $t is not executable"
	exit 1 ;;
esac
