# config.sh - settings, probes and Makefiles.  Read by Build.
#
# One signature covers everything the Makefiles depend on: options, environment, and the text of
# devtools and of every Makefile.m4.  While it is unchanged nothing is done here.  The probes have
# a signature of their own (compiler, flags, lists), so a new source file does not repeat them.

# site_files: the site's m4 files that exist, in the order in which they are read
site_files() {
	if [ -n "$sitefile" ]; then
		echo "$sitefile"
	elif [ -n "$pfx" ]; then
		for i in "$pfx.$oscf${sfx:+.$sfx}" "$pfx.$oscf" "$pfx.config" \
		    "site.$oscf${sfx:+.$sfx}" "site.$oscf"; do
			if [ -f "devtools/Site/$i.m4" ]; then
				echo "devtools/Site/$i.m4"
				break
			fi
		done
	else
		for i in site.config ${sfx:+"site.$oscf.$sfx"} "site.$oscf"; do
			[ -f "devtools/Site/$i.m4" ] && echo "devtools/Site/$i.m4"
		done
	fi
	[ -f devtools/Site/site.post.m4 ] && echo devtools/Site/site.post.m4
	return 0
}

# every Makefile.m4 below src
makefiles() {
	find src -name Makefile.m4 | sort
}

# take_settings: lines "=NAME value" of m4 become shell variables; other lines go on with a value
take_settings() {
	name=
	while IFS= read -r line; do
		case $line in
		=*)	line=${line#=}
			name=${line%% *}
			eval "$name=\${line#* }" ;;
		*)	eval "$name=\"\$$name \$line\"" ;;
		esac
	done <<EOT
$1
EOT
}

# read_settings: m4 the site's files and read the result as shell variables
read_settings() {
	site=$(site_files)
	settings=$("$M4" devtools/M4/build.m4 "devtools/OS/$oscf" $site \
	    devtools/M4/defaults.m4 devtools/M4/show.m4) || die "m4 failed on the site's files"
	take_settings "$settings"
	sets=$(sed -n 's/^\([a-z0-9]*\) |.*/\1/p' devtools/OS/libraries)
	libsettings=$("$M4" -D "bldSETS=$(trim "$sets")" devtools/M4/build.m4 "devtools/OS/$oscf" \
	    $site devtools/M4/library.m4) || die "m4 failed on the site's files"
	take_settings "$libsettings"
	if [ -n "${BUILD_CC-}" ]; then
		CC=$BUILD_CC
		CCLINK=$BUILD_CC
	fi
	INCDIRS="$INCDIRS$incdirs"
	LIBDIRS="$LIBDIRS$libdirs"
	case $variant in
	asan)	SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
		OPTIMIZE="-O1 -g"
		WARN="$WARN -Werror" ;;
	fuzz)	SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
		OPTIMIZE="-O1 -g"
		CC=clang CCLINK=clang ;;
	debug)	OPTIMIZE="-O0 -g" ;;
	optimized|'')
		;;
	*)	die "unknown variant $variant (debug, optimized, asan or fuzz)" ;;
	esac
	if [ -n "$SANITIZE" ]; then
		HARDEN_CC=-fPIC
		HARDEN_LD=-pie
		LDOPTS_SO=-shared
	fi
}

# a conf name in the site's files that the build does not know would be ignored: say so
warn_unknown() {
	for f in $site; do
		sed -n '/^dnl/d; /^#/d
			s/.*\(define\|APPENDDEF\|PREPENDDEF\)(`\(conf[A-Za-z0-9_]*\)'"'"'.*/\2/p' "$f" |
		while read -r name; do
			case $name in
			conf_*_ENVDEF|conf_*_LIBS|conf_*_OBJADD|confWITH_*|confLIB_*|confINC_*)
				;;
			*)	grep -q "bldDEFAULT(.$name'" devtools/M4/defaults.m4 ||
				    echo "Build: $f: $name is not known here and has no effect" >&2 ;;
			esac
		done
	done
}

# compiles NAME: does the C text on standard input compile and link?
compiles() {
	n=$1
	shift
	cat >"$obj/probe/$n.c"
	# shellcheck disable=SC2086
	$CC $STDC -D_POSIX_C_SOURCE=200809L $OSDEF $INCDIRS "$@" -o "$obj/probe/$n" \
	    "$obj/probe/$n.c" $LIBDIRS $probelibs >"$obj/probe/$n.out" 2>&1
}

includes() {
	for i in $1; do
		case $i in
		*=*)	echo "#define ${i%%=*} ${i#*=}" ;;
		*)	echo "#include <$i>" ;;
		esac
	done
}

trim() {
	set -f
	set -- $1
	set +f
	echo "$*"
}

# accepted WORDS...: those the compiler takes
accepted() {
	ok=
	n=0
	for w in "$@"; do
		n=$((n + 1))
		if echo 'int main(void) { return 0; }' | compiles "flag$n" -Werror -fPIC $ok "$w"; then
			ok="$ok $w"
		fi
	done
	echo "$ok"
}

# probe one line of the features list; leaves a line of os_conf.h
probe_feature() {
	probelibs=
	expr=${3:+"(void)($3);"}
	if { includes "$2"; echo "int main(void) { $expr return 0; }"; } |
	    compiles "$1" -Werror=implicit-function-declaration -Wno-error; then
		echo "#define $1 1" >"$obj/probe/$1.h"
	else
		echo "/* #undef $1 */" >"$obj/probe/$1.h"
	fi
}

# probe one external library set; leaves a line of os_conf.h and one of libs.m4
probe_library() {
	name=$1
	NAME=$(echo "$name" | tr a-z A-Z)
	eval "with=\$with_$name set=\$set_$name incs=\$incs_$name"
	if [ "$set" = yes ]; then
		eval "words=\$words_$name"
	else
		words=$2
	fi
	have=no
	if [ "$with" != no ]; then
		for try in "$words" ""; do
			probelibs=$try
			if { includes "$3"; echo "int main(void) { (void)($4); return 0; }"; } |
			    compiles "lib$name" -Wno-deprecated-declarations $incs; then
				have=yes
				words=$try
				break
			fi
			[ "$set" = yes ] && break
		done
	fi
	if [ $have = yes ]; then
		echo "#define HAVE_LIB$NAME 1" >"$obj/probe/LIB$NAME.h"
	else
		words=
		echo "/* #undef HAVE_LIB$NAME */" >"$obj/probe/LIB$NAME.h"
	fi
	{
		echo "define(\`confLIB_$name', \`$words')define(\`bldHAVE_$name', \`$have')"
		[ -n "$incs" ] && echo "APPENDDEF(\`confINCDIRS', \`$incs')"
	} >"$obj/probe/lib$name.m4"
	echo "$name $5 $with $have" >"$obj/probe/lib$name.have"
}

# probe everything, two at a time, unless it was done with the same compiler and flags
run_probes() {
	sig=$( { echo "$CC $STDC $OSDEF $INCDIRS $LIBDIRS $HARDEN_CC $HARDEN_LD $LDOPTS_SO $OPTIMIZE"
		echo "$SANITIZE"
		$CC --version 2>/dev/null
		cat devtools/OS/features devtools/OS/libraries "devtools/OS/$oscf" $site
		cat devtools/bin/config.sh; } | cksum)
	if [ -f "$obj/probe.sig" ] && [ "$(cat "$obj/probe.sig")" = "$sig" ]; then
		return 0
	fi
	echo "Looking at the system ($CC)"
	rm -rf "$obj/probe"
	mkdir -p "$obj/probe"
	probelibs=
	echo 'int main(void) { return 0; }' | compiles cc ||
	    { cat "$obj/probe/cc.out" >&2; die "the compiler \"$CC\" does not work"; }
	order= libs=
	n=0
	while IFS='|' read -r name a b c d; do
		case $name in
		'#'*|'')	continue ;;
		esac
		name=$(trim "$name")
		order="$order $name"
		probe_feature "$name" "$a" "$(trim "$b")" &
		n=$((n + 1))
		[ $((n % 4)) = 0 ] && wait
	done <devtools/OS/features
	wait
	while IFS='|' read -r name a b c d; do
		case $name in
		'#'*|'')	continue ;;
		esac
		name=$(trim "$name")
		libs="$libs $name"
		probe_library "$name" "$(trim "$a")" "$b" "$(trim "$c")" "$(trim "$d")" &
		n=$((n + 1))
		[ $((n % 4)) = 0 ] && wait
	done <devtools/OS/libraries
	wait
	probelibs=
	{
		echo "/* os_conf.h - what this system has; made by Build from devtools/OS */"
		for i in $order; do
			cat "$obj/probe/$i.h"
		done
		for i in $libs; do
			cat "$obj/probe/LIB$(echo "$i" | tr a-z A-Z).h"
		done
	} >"$obj/os_probe.h"
	for i in $libs; do
		cat "$obj/probe/lib$i.m4"
	done >"$obj/libs.m4"
	for i in $libs; do
		cat "$obj/probe/lib$i.have"
	done >"$obj/libs.have"
	gone=$(sed -n 's/^\([a-z0-9]*\) must .*no$/\1/p' "$obj/libs.have" | tr '\n' ' ')
	[ -z "$gone" ] || die "not found, and needed: $gone(devtools/OS/libraries says what was tried)"
	harden_cc=$(accepted $HARDEN_CC)
	harden_ld=$(accepted $HARDEN_LD)
	modopts=$(echo 'int x;' | accepted $LDOPTS_SO)
	case " $OPTIMIZE " in
	*" -O0 "*)	fortify= ;;
	*" -O"*)
		fortify="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
		if printf '%s\n' '#include <stdlib.h>' '#if !defined(__has_builtin)' '#error no' \
		    '#elif !__has_builtin(__builtin_dynamic_object_size)' '#error no' '#endif' \
		    'int main(void) { return 0; }' |
		    compiles fortify -Werror -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3; then
			fortify="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3"
		fi ;;
	*)	fortify= ;;
	esac
	[ -n "$SANITIZE" ] && fortify=
	{
		echo "harden_cc='$harden_cc $fortify'"
		echo "harden_ld='$harden_ld'"
		echo "modopts='$modopts'"
	} >"$obj/harden.sh"
	rm -rf "$obj/probe"
	echo "$sig" >"$obj/probe.sig"
}

# install FILE if it differs from what stands there, so that make sees no change in vain
put() {
	if cmp -s "$1.new" "$1"; then
		rm -f "$1.new"
	else
		mv -f "$1.new" "$1"
	fi
}

# a line of the Makefile; the words come in as the site wrote them
var() {
	varname=$1
	shift
	printf '%s = %s\n' "$varname" "$*"
}

write_makefiles() {
	set -f
	. "$obj/harden.sh"
	{
		cat "$obj/os_probe.h"
		echo "#define CONF_MODULEDIR \"$MODULEDIR\""
		echo "#define CONF_SHAREDIR \"$SHAREDIR\""
		echo "#define CONF_EBINDIR \"$EBINDIR\""
		echo "#define CONF_MBINDIR \"$MBINDIR\""
		echo "#define CONF_ETCDIR \"$ETCDIR\""
		echo "#define CONF_QDIR \"$QDIR\""
		echo "#define CONF_MSPQDIR \"$MSPQDIR\""
	} >"$obj/os_conf.h.new"
	put "$obj/os_conf.h"
	makefiles | while read -r f; do
		d=${f#src/}
		d=${d%/Makefile.m4}
		echo "define(\`bldROOM_${d##*/}', \`$d')"
	done >"$obj/rooms.m4"
	dirs=
	for f in $(makefiles); do
		d=${f#src/}
		d=${d%/Makefile.m4}
		dirs="$dirs $d"
		mkdir -p "$obj/$d"
		"$M4" -D "bldDIR=$d" devtools/M4/build.m4 "devtools/OS/$oscf" $site \
		    devtools/M4/defaults.m4 "$obj/libs.m4" "$obj/rooms.m4" devtools/M4/begin.m4 \
		    "$f" >"$obj/$d/Makefile.new" || die "$f: m4 failed"
		put "$obj/$d/Makefile"
	done
	mkdir -p "$obj/modules"
	incs=$("$M4" devtools/M4/build.m4 "devtools/OS/$oscf" $site devtools/M4/defaults.m4 \
	    "$obj/libs.m4" devtools/M4/show.m4 | sed -n 's/^=INCDIRS //p')
	{
		echo "# made by Build from devtools/M4, devtools/OS/$oscf${site:+ and $site}: do not edit"
		var O $objm
		var Q @
		var CC $CC
		var CCLINK $CCLINK
		var AR $AR
		var ARFLAGS $AROPTS
		var RANLIB ${RANLIB:-:}
		var CFLAGS $STDC $OPTIMIZE $WARN $harden_cc $SANITIZE $CCOPTS
		var CPPFLAGS -D_POSIX_C_SOURCE=200809L $OSDEF '-I$(O)' -Isrc/lib -Isrc $incs $incdirs \
		    $ENVDEF $MAPDEF
		var LDFLAGS $harden_ld $LDOPTS $LIBDIRS
		var MODFLAGS $modopts $LDOPTS $LIBDIRS
		var OBJADD $OBJADD
		var LIBS $LIBS
		var TESTLIBS -lcmocka
		if [ "$variant" = asan ]; then
			var PROG_OBJ '$(O)/asan_options.o'
		else
			var PROG_OBJ
		fi
		if [ "$variant" = fuzz ]; then
			var FUZZ_OBJ
			var FUZZ_LIBS -fsanitize=fuzzer
		else
			var FUZZ_OBJ '$(O)/fuzz_main.o'
			var FUZZ_LIBS
		fi
		echo
		echo "all:$(for d in $dirs; do printf ' all/%s' "$d"; done)"
		echo "tests:$(for d in $dirs; do printf ' tests/%s' "$d"; done)"
		echo "fuzz:$(for d in $dirs; do printf ' fuzz/%s' "$d"; done)"
		for d in $dirs; do
			printf '%s\n' "all/$d:" "tests/$d:" "fuzz/$d:"
		done
		printf '.PHONY: all tests fuzz'
		for d in $dirs; do
			printf ' %s' "all/$d" "tests/$d" "fuzz/$d"
		done
		echo
		echo "\$(O)/fuzz_main.o: test/lib/fuzz_main.c"
		echo "	\$(Q)\$(CC) \$(CFLAGS) \$(CPPFLAGS) -c -o \$@ test/lib/fuzz_main.c"
		echo "\$(O)/asan_options.o: test/lib/asan_options.c"
		echo "	\$(Q)\$(CC) \$(CFLAGS) \$(CPPFLAGS) -c -o \$@ test/lib/asan_options.c"
		for d in $dirs; do
			echo "include \$(O)/$d/Makefile"
		done
	} >"$obj/Makefile.new"
	put "$obj/Makefile"
	sed -n '/^[A-Z]* = /p' "$obj/Makefile" >"$obj/flags.new"
	put "$obj/flags"
	echo "$dirs" >"$obj/dirs"
	set +f
}

# configure: make sure that the Makefiles are there and right
configure() {
	case $objroot in
	"$top")	objm=$(objname) ;;
	*)	objm=$obj ;;
	esac
	if [ -d "$obj" ] && [ ! -w "$obj" ]; then
		die "$obj belongs to somebody else; give a folder of your own with -O"
	fi
	[ $fresh = yes ] && rm -rf "$obj"
	fresh=no
	M4=${M4:-$(command -v gm4 || command -v m4 || echo m4)}
	sig=$( { echo "$os $oscf $pfx $sfx $variant $incdirs $libdirs $sitefile ${BUILD_CC-} $M4 $objm"
		cat Build devtools/bin/config.sh devtools/M4/*.m4 devtools/OS/* \
		    $(site_files) $(makefiles)
		makefiles; } | cksum)
	if [ -f "$obj/config.sig" ] && [ "$(cat "$obj/config.sig")" = "$sig" ] &&
	    [ -f "$obj/Makefile" ]; then
		return 0
	fi
	mkdir -p "$obj" || die "$obj: cannot make it"
	confsig=$sig
	has_prog "$M4" || need_deps build
	read_settings
	warn_unknown
	need_deps build
	run_probes
	write_makefiles
	printf '%s\n' "$settings" >"$obj/settings"
	echo "$confsig" >"$obj/config.sig"
}
