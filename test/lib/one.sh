# one.sh - run one test for prove: a test program, a fuzz target with its corpus, or a script.

t=$1
: "${ANGARIUM_TEST_TIMEOUT:=300}"
if command -v timeout >/dev/null 2>&1; then
	set -- timeout -k 5 "$ANGARIUM_TEST_TIMEOUT"
else
	set --
fi
case $t in
*_fuzz)
	name=${t##*/}
	name=${name%_fuzz}
	[ -d "test/corpus/$name" ] || { echo "1..1"; echo "not ok 1 - test/corpus/$name is missing"; exit 1; }
	exec "$@" "$t" "test/corpus/$name" ;;
*_test)
	CMOCKA_MESSAGE_OUTPUT=TAP
	export CMOCKA_MESSAGE_OUTPUT
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
