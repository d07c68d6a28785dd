# target.sh - what each target does.  Read by Build.

# two jobs or as many as processors, unless MAKEFLAGS or the command line says otherwise
jobs() {
	j=$(getconf _NPROCESSORS_ONLN 2>/dev/null || getconf NPROCESSORS_ONLN 2>/dev/null) || j=2
	j=${BUILD_JOBS:-${j:-2}}
	echo "$j"
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
	src/*)	echo "${room#src/}" ;;
	esac
}

# nothing is made under -n, and a failure ends everything
make_parts() {
	configure
	r=$(room_of)
	set -- $(for i in "$@"; do echo "$i${r:+/$r}"; done)
	run_make "$@" || exit 1
}

# check_with VARIANT SETS...: build the variant's tree with its tests and run these sets
check_with() {
	variant=$1
	shift
	obj=$objroot/$(objname)
	need_deps "$t"
	make_parts all tests
	[ $noexec = yes ] && return 0
	j=$(jobs)
	[ "$j" -ge 2 ] || j=2
	# most tests wait for a daemon longer than they compute
	sh test/run.sh -j $((j * 2)) -o "$obj" ${r:+-r "$r"} "$@" || exit 1
}

target_try() {
	need_deps try
	make_parts all
	[ $noexec = yes ] && return 0
	ANGARIUM_TOP=$top ANGARIUM_OBJ=$obj
	export ANGARIUM_TOP ANGARIUM_OBJ
	sh devtools/bin/try.sh $tryargs || exit $?
}

target_bench() {
	need_deps bench
	make_parts all
	[ $noexec = yes ] && return 0
	ANGARIUM_TOP=$top ANGARIUM_OBJ=$obj
	export ANGARIUM_TOP ANGARIUM_OBJ
	for b in test/bench/*.sh; do
		[ -f "$b" ] || die "test/bench: nothing to run"
		sh "$b" || exit 1
	done
}

target_install() {
	make_parts all
	. devtools/bin/install.sh
	install_all "$(room_of)"
}

# the Build of a folder has nothing of its own to remove: all of it is in the object tree
target_clean() {
	r=$(room_of)
	if [ $noexec = yes ]; then
		echo "rm -rf $obj${r:+/$r}"
	elif [ -n "$r" ]; then
		find "$obj/$r" -type f ! -name Makefile -exec rm -f {} + 2>/dev/null
		:
	else
		rm -rf "$obj"
	fi
}

show_config() {
	echo "Configuration: pfx=$pfx, os=$os, rel=$rel, rbase=$rbase, rroot=$rroot, arch=$arch, sfx=$sfx, variant=$variant"
	virgin="virgin "
	[ -d "$obj" ] && virgin=
	echo "Will run in $virgin$obj using devtools/OS/$oscf"
	for i in $(site_files); do
		echo "Including $i"
	done
}

run_targets() {
	case $show in
	obj)	echo "$obj"
		return 0 ;;
	arch)	echo "$os.$rel.$arch"
		return 0 ;;
	config)	show_config
		return 0 ;;
	esac
	v=$variant
	for t in ${targets:-all}; do
		case $t in
		all)		make_parts all ;;
		check)		check_with "$variant" unit fuzz lint system ;;
		check-asan)	check_with asan unit fuzz system
				variant=$v obj=$objroot/$(objname) ;;
		check-real)	check_with "$variant" real ;;
		fuzz)		variant=fuzz obj=$objroot/$(objname)
				need_deps check-long
				make_parts fuzz
				variant=$v obj=$objroot/$(objname) ;;
		check-long)	ANGARIUM_VALGRIND=yes
				export ANGARIUM_VALGRIND
				check_with "$variant" unit
				unset ANGARIUM_VALGRIND
				check_with "$variant" long ;;
		lint)		need_deps lint
				configure
				sh test/run.sh -o "$obj" lint || exit 1 ;;
		install|install-strip)
				target_install ;;
		clean)		target_clean ;;
		try)		target_try ;;
		bench)		target_bench ;;
		*)		configure
				run_make "$t" || exit 1 ;;
		esac
	done
}
