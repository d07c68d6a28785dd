# install.sh - put a built tree where it belongs, below DESTDIR.  Read by Build for `install'.
#
# Each file is written beside its place and renamed into it, so that a running program never sees
# half of one.  As an ordinary user owners and set-group-id are left out, and a last line says so.

install_note=

# with -n only print
act() {
	if [ "$noexec" = yes ]; then
		echo "$*"
	else
		"$@" || die "install: \"$*\" failed"
	fi
}

folder() {
	[ -d "$1" ] || act mkdir -p "$1"
}

# put_file FILE TARGET OWNER GROUP MODE
put_file() {
	folder "${2%/*}"
	new=$2.new.$$
	act cp "$1" "$new"
	[ "$strip" = yes ] && act strip "$new"
	pm=$5
	if [ "$(id -u)" = 0 ] && group_there "$4" && user_there "$3"; then
		act chown "$3:$4" "$new"
	else
		case $pm in
		[2-7]???)
			pm=${pm#?}
			install_note="$install_note $2($3:$4,$5)" ;;
		esac
	fi
	act chmod "$pm" "$new"
	act mv -f "$new" "$2"
}

group_there() {
	case $1 in
	*[!0-9]*)	grep -q "^$1:" /etc/group || getent group "$1" >/dev/null 2>&1 ;;
	esac
}

user_there() {
	id "$1" >/dev/null 2>&1
}

# the one command that makes the group and the user of submission where they are missing
account_command() {
	group_there "$GBINGRP" && g= || g=$GBINGRP
	user_there "$MSPQOWN" && u= || u=$MSPQOWN
	[ -n "$g$u" ] || return 0
	if [ -n "$(command -v pw)" ]; then
		mg="pw groupadd -n $g" mu="pw useradd -n $u -g $GBINGRP -d $MSPQDIR -s /usr/sbin/nologin"
	elif [ -n "$(command -v useradd)" ]; then
		mg="groupadd -r $g" mu="useradd -r -M -g $GBINGRP -d $MSPQDIR -s /usr/sbin/nologin $u"
	else
		mg="addgroup -S $g" mu="adduser -S -D -H -G $GBINGRP -h $MSPQDIR -s /sbin/nologin $u"
	fi
	echo "${g:+$mg}${g:+${u:+ && }}${u:+$mu}"
}

install_program() {
	name=${1##*/}
	line=$(sed -n "s/^$(echo "$name" | sed 's/\./\\./g') | //p" devtools/OS/install)
	[ -n "$line" ] || return 0
	where=$(trim "${line%%|*}")
	class=$(trim "${line#*|}")
	eval "where=\$$where own=\$${class}OWN grp=\$${class}GRP mode=\$${class}MODE"
	echo "INSTALL $DESTDIR$where/$name"
	put_file "$obj/$1" "$DESTDIR$where/$name" "$own" "$grp" "$mode"
	[ "$name" = sendmail ] || return 0
	for l in $LINKS; do
		folder "$DESTDIR${l%/*}"
		act ln -sf "$where/sendmail" "$DESTDIR$l"
	done
	[ "$NO_STATISTICS_INSTALL" = yes ] || folder "$DESTDIR$STDIR"
	spool_folder "$MSPQDIR" "$MSPQOWN" "$GBINGRP" 770
	spool_folder "$QDIR" root root 700
}

# a queue that is already there keeps its owner and mode
spool_folder() {
	[ -d "$DESTDIR$1" ] && return 0
	folder "$DESTDIR$1"
	act chmod "$4" "$DESTDIR$1"
	if [ "$(id -u)" = 0 ] && user_there "$2" && group_there "$3"; then
		act chown "$2:$3" "$DESTDIR$1"
	else
		install_note="$install_note $1($2:$3,$4)"
	fi
}

install_man() {
	[ "$NO_MAN_INSTALL" = yes ] && return 0
	[ -f "$1" ] || { echo "install: $1 is named in a Makefile.m4 but is not there" >&2; return 0; }
	case $1 in
	*.1)	d=$MAN1 ;;
	*.5)	d=$MAN5 ;;
	*)	d=$MAN8 ;;
	esac
	strip=no put_file "$1" "$DESTDIR$d/${1##*/}" "$MANOWN" "$MANGRP" "$MANMODE"
}

# the m4 tree as it is, what was generated in it stays behind; and the Makefile of /etc/mail, if there is none
install_cf() {
	[ -d cf/m4 ] || return 0
	echo "INSTALL $DESTDIR$SHAREDIR/cf"
	find cf -type f ! -name '*.cf' ! -name '.*' | sort | while read -r f; do
		m=444
		[ -x "$f" ] && m=555
		strip=no put_file "$f" "$DESTDIR$SHAREDIR/$f" "$MANOWN" "$MANGRP" $m || exit 1
	done || exit 1
	[ -f cf/etc/Makefile ] && [ ! -f "$DESTDIR$ETCDIR/Makefile" ] || return 0
	sed -e "/^SENDMAIL=/s|/.*|$MBINDIR/sendmail|" -e "/^MAKEMAP=/s|/.*|$SBINDIR/makemap|" -e "/^CF_DIR=/s|/.*|$SHAREDIR/cf|" \
	    cf/etc/Makefile >"$obj/etc.Makefile" &&
	    strip=no put_file "$obj/etc.Makefile" "$DESTDIR$ETCDIR/Makefile" root root 644
}

install_all() {
	take_settings "$(cat "$obj/settings")"
	DESTDIR=${DESTDIR-}
	strip=no
	[ "$t" = install-strip ] && strip=yes
	for d in $(cat "$obj/dirs"); do
		case ${1:-$d} in
		"$d")	;;
		*)	continue ;;
		esac
		for p in $(sed -n 's/^#program //p' "$obj/$d/Makefile"); do
			install_program "$p"
		done
		for p in $(sed -n 's/^#module //p' "$obj/$d/Makefile"); do
			echo "INSTALL $DESTDIR$MODULEDIR/$p.so"
			put_file "$obj/modules/$p.so" "$DESTDIR$MODULEDIR/$p.so" \
			    "$SBINOWN" "$SBINGRP" "$SBINMODE"
		done
		for p in $(sed -n 's/^#man //p' "$obj/$d/Makefile"); do
			install_man "$p"
		done
	done
	[ -n "$1" ] || install_cf
	if [ -n "$install_note" ]; then
		echo "Build: owners and set-id modes that could not be given here (no rights, or no such user or group):"
		for i in $install_note; do
			echo "    $i"
		done
		add=$(account_command)
		[ -z "$add" ] || {
			echo "Build: submission needs an account of its own.  This makes it, then install again:"
			echo "    $add"
		}
	fi
}
