# target.sh - what each target does.  Read by Build.

# two jobs or as many as processors, unless MAKEFLAGS or the command line says otherwise
jobs() {
	j=$(getconf _NPROCESSORS_ONLN 2>/dev/null || getconf NPROCESSORS_ONLN 2>/dev/null) || j=2
	echo "${BUILD_JOBS:-${j:-2}}"
}

run_make() {
	mk=$(command -v gmake || command -v make) || die "no make found"
	flags=-s
	[ $noexec = yes ] && flags=-n
	eval "\"$mk\" $flags -j$(jobs) -f \"$obj/Makefile\" $makeargs \"\$@\""
}

# the folder asked for, below src; empty means the whole tree
room_of() {
	case $room in
	src/*)	r=${room#src/} ;;
	*)	r= ;;
	esac
	echo "$r"
}

target_all() {
	configure
	r=$(room_of)
	run_make "all${r:+/$r}" || exit 1
}

target_check() {
	configure
	r=$(room_of)
	run_make "all${r:+/$r}" "tests${r:+/$r}" || exit 1
	[ $noexec = yes ] && return 0
	sh test/run.sh -o "$obj" ${r:+-r "$r"} || exit 1
}

target_clean() {
	rm -rf "$obj"
}

run_targets() {
	if [ "$show" = obj ]; then
		echo "$obj"
		return 0
	fi
	if [ "$show" = config ]; then
		echo "Configuration: pfx=$pfx, os=$os, rel=$rel, rbase=$rbase, rroot=$rroot, arch=$arch, sfx=$sfx, variant=$variant"
		[ -d "$obj" ] && virgin= || virgin="virgin "
		echo "Will run in $virgin$obj using $obj/Makefile (devtools/OS/$oscf)"
		return 0
	fi
	for t in ${targets:-all}; do
		case $t in
		all)	target_all ;;
		check)	target_check ;;
		clean)	target_clean ;;
		*)	configure
			run_make "$t" || exit 1 ;;
		esac
	done
}
