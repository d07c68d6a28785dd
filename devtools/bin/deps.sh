# deps.sh - what the asked target needs from the system.  Read by Build.
#
# devtools/OS/packages is the list.  What is missing is found by looking for the thing itself, not
# for a package.  As root on a system we know it is installed, no daemon of it being started;
# otherwise the one command that installs it is printed and Build stops.

# which FOR columns a target needs
deps_for() {
	case $1 in
	try|bench)	echo "build try" ;;
	check|check-asan)
			echo "build try lint check" ;;
	check-real)	echo "build try lint check real" ;;
	check-long)	echo "build try lint check real long" ;;
	lint)		echo "build lint" ;;
	*)		echo "build" ;;
	esac
}

has_prog() {
	for p in "$@"; do
		command -v "$p" >/dev/null 2>&1 && return 0
		for d in /usr/sbin /sbin /usr/local/sbin /usr/local/bin; do
			[ -x "$d/$p" ] && return 0
		done
	done
	return 1
}

# headers: can the compiler see them?  Asked once for all, and one by one only if that fails.
has_headers() {
	for h in "$@"; do
		case $h in
		pcre2.h)	echo "#define PCRE2_CODE_UNIT_WIDTH 8" ;;
		cmocka.h)	printf '#include <%s>\n' stdarg.h stddef.h setjmp.h stdint.h ;;
		db.h)		echo "#include <sys/types.h>" ;;
		esac
		echo "#include <$h>"
	done | ${BUILD_CC:-${CC:-cc}} ${INCDIRS-} -E - >/dev/null 2>&1
}

has_file() {
	for f in "$@"; do
		[ -e "$f" ] && return 0
	done
	return 1
}

has() {
	kind=$1
	shift
	case $kind in
	prog)	has_prog "$@" ;;
	header)	has_headers "$@" ;;
	file)	has_file "$@" ;;
	perl)	perl -M"$1" -e 1 >/dev/null 2>&1 ;;
	*)	die "devtools/OS/packages: unknown probe $kind" ;;
	esac
}

# deps_missing TARGET: sets lack (what) and lackpkg (packages)
deps_missing() {
	lack= lackpkg= heads=
	whens=" $(deps_for "$1") "
	while IFS='|' read -r when probe deb bsd set; do
		case $when in
		'#'*|'')	continue ;;
		esac
		when=$(trim "$when")
		case $whens in
		*" $when "*)	;;
		*)	continue ;;
		esac
		eval "with=\${with_$(trim "${set:-none}")-}"
		[ "$with" = no ] && continue
		case $pkgsys in
		Debian)	pkg=$(trim "$deb") ;;
		*)	pkg=$(trim "$bsd") ;;
		esac
		[ "$pkg" = - ] && continue
		# shellcheck disable=SC2086
		has $probe && continue
		# shellcheck disable=SC2086
		set -- $probe
		lack="$lack $2"
		case " $lackpkg " in
		*" $pkg "*)	;;
		*)	lackpkg="$lackpkg $pkg" ;;
		esac
	done <devtools/OS/packages
}

# while the list and the settings are the same, what was found once is not looked for again
stamp_deps() {
	cat devtools/OS/packages "devtools/OS/$oscf" $(site_files) | cksum
}

# keep package scripts from starting or enabling daemons while we install
no_daemons_begin() {
	policy=/usr/sbin/policy-rc.d
	policykept=
	if [ -e $policy ]; then
		policykept=$policy.kept-by-build.$$
		mv $policy "$policykept"
	fi
	trap no_daemons_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
}

no_daemons_end() {
	trap - EXIT INT TERM
	rm -f $policy
	[ -n "$policykept" ] && mv "$policykept" $policy
	return 0
}

install_debian() {
	before=$(cd /etc/systemd/system/multi-user.target.wants 2>/dev/null && ls)
	no_daemons_begin
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	ok=no
	if [ -n "$(find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | head -1)" ] &&
	    apt-get install -y -q --no-install-recommends $lackpkg </dev/null; then
		ok=yes
	elif apt-get update -q </dev/null &&
	    apt-get install -y -q --no-install-recommends $lackpkg </dev/null; then
		ok=yes
	fi
	no_daemons_end
	# a daemon that came as a tool of the tests is not to start at the next boot either
	for unit in nsd unbound saslauthd krb5-kdc krb5-admin-server; do
		case " $lackpkg " in
		*" $unit "*|*" sasl2-bin "*)
			case $before in
			*"$unit.service"*)	;;
			*)	systemctl disable $unit.service >/dev/null 2>&1 ;;
			esac ;;
		esac
	done
	[ $ok = yes ]
}

pkgsys=none
if [ -f /etc/debian_version ] && has_prog apt-get; then
	pkgsys=Debian
	pkgcmd="apt-get update && apt-get install -y --no-install-recommends"
elif [ "$os" = FreeBSD ]; then
	pkgsys=FreeBSD
	pkgcmd="pkg install -y"
fi

# need_deps TARGET: be sure that everything is there, or stop
need_deps() {
	[ "${BUILD_NODEPS-}" = yes ] && return 0
	stamp=$(stamp_deps)
	if [ -f "$obj/deps.$1" ] && [ "$(cat "$obj/deps.$1")" = "$stamp" ]; then
		return 0
	fi
	deps_missing "$1"
	if [ -n "$lack" ]; then
		echo "Build: the target $1 needs what is not here:$lack" >&2
		if [ $pkgsys = none ]; then
			die "install these (or switch optional libraries off in devtools/Site/site.config.m4), then run Build again"
		fi
		if [ "$(id -u)" != 0 ]; then
			echo "Build: this command installs it; run it as root, then run Build again:" >&2
			echo "    $pkgcmd$lackpkg" >&2
			exit 1
		fi
		echo "Build: installing$lackpkg"
		case $pkgsys in
		Debian)	install_debian ;;
		*)	$pkgcmd $lackpkg </dev/null ;;
		esac || die "\"$pkgcmd$lackpkg\" failed"
		deps_missing "$1"
		[ -z "$lack" ] || die "still missing after the installation:$lack"
	fi
	mkdir -p "$obj"
	echo "$stamp" >"$obj/deps.$1"
}
