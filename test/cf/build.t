#!/bin/sh
# The m4 tree: every sample, feature, ostype and mailer builds; Build and plain m4 agree; install-cf installs.
. "$(dirname "$0")/../lib/tap.sh"
CF=$TOP/cf
B=$CF/cf/Build
cd "$TMP" || bail "no folder"
SOURCE_DATE_EPOCH=0
export SOURCE_DATE_EPOCH

mkdir samples && cp "$CF"/cf/*.mc samples && cd samples || bail "no samples"
for mc in *.mc; do
	sh "$B" "${mc%.mc}.cf" >../out 2>&1
	is "$?" 0 "$mc: Build makes it"
	grep -v 'warning: ' ../out >../said
	is "$(cat ../said)" "" "$mc: without a word"
	case $mc in
	*mailbox*)	driver=mailbox ;;
	*)		driver=cf ;;
	esac
	m4 "-D_CF_DIR_=$CF/" "$CF/m4/$driver.m4" "$mc" >plain 2>/dev/null
	grep -v '^#line ' "${mc%.mc}.cf" >marked
	ok cmp -s plain marked -- "$mc: plain m4 gives the same lines"
	(cd "$CF/cf" && m4 "../m4/$driver.m4" "$mc") >plain 2>/dev/null
	ok cmp -s plain marked -- "$mc: ... and so it does in cf/cf, without being told where the tree is"
	ok grep -q '^#line ' "${mc%.mc}.cf" -- "$mc: lines say where they come from"
	found=$(awk '/^#line/ { m = 1; next } m && /^[ \t]/ { print NR ": " $0 } { m = 0 }' "${mc%.mc}.cf")
	is "$found" "" "$mc: no mark stands inside a folded line"
	case $driver in
	cf)	found=$(awk '/^R/ && !/\t/' "${mc%.mc}.cf")
		is "$found" "" "$mc: every rule has a tab"
		found=$(awk '/./ && !/^[#VDCFKOSRMHPTXQEL \t]/' "${mc%.mc}.cf")
		is "$found" "" "$mc: every line is one of a sendmail.cf"
		found=$(grep -n '_[A-Z][A-Z_]*_' "${mc%.mc}.cf" | grep -v '^[0-9]*:#')
		is "$found" "" "$mc: no word of ours is left over" ;;
	esac
done
cd ..

# what a feature needs to be given
for f in "$CF"/feature/*.m4; do
	f=${f##*/}
	f=${f%.m4}
	before="FEATURE(\`access_db')" arg= mailers="MAILER(\`local')
MAILER(\`smtp')"
	case $f in
	access_db)	before= ;;
	nouucp | nopercenthack) arg=", \`reject'" ;;
	nullclient)	arg=", \`hub.example.net'" mailers= before= ;;
	msp)		mailers= before= ;;
	dnsbl | enhdnsbl | rhsbl) arg=", \`list.example.net'" ;;
	greet_pause)	arg=", \`5000'" ;;
	preserve_luser_host) before="define(\`LUSER_RELAY', \`hub')" ;;
	block_bad_helo)	before="FEATURE(\`delay_checks')" ;;
	prefixmod)	arg=", \`x', \`y'" ;;
	vnet)		before="define(\`VNET_RELAY', \`hub')" ;;
	sts)		before= ;;
	tls_failures)	continue ;;
	esac
	printf '%s\n' "OSTYPE(\`linux')" "$before" "FEATURE(\`$f'$arg)" "$mailers" >"$f.mc"
	sh "$B" "$f.cf" >out 2>&1
	is "$?: $(grep -v 'warning: ' out)" "0: " "FEATURE($f) builds"
done
for f in "$CF"/ostype/*.m4; do
	f=${f##*/}
	f=${f%.m4}
	[ "$f" = unknown ] && continue
	printf "OSTYPE(\`%s')\nMAILER(\`local')\nMAILER(\`smtp')\n" "$f" >os.mc
	sh "$B" os.cf >out 2>&1
	is "$?: $(cat out)" "0: " "OSTYPE($f) builds"
done
for f in "$CF"/mailer/*.m4; do
	f=${f##*/}
	f=${f%.m4}
	m="MAILER(\`smtp')
MAILER(\`$f')"
	[ "$f" = smtp ] && m="MAILER(\`smtp')"
	[ "$f" = ssh ] && m="define(\`SSH_MAILER_USER', \`x')define(\`SSH_MAILER_DIR', \`/x')$m"
	printf '%s\n' "OSTYPE(\`linux')" "$m" >mailer.mc
	sh "$B" mailer.cf >out 2>&1
	is "$?: $(cat out)" "0: " "MAILER($f) builds"
done
for f in "$CF"/domain/*.m4 "$CF"/hack/*.m4; do
	[ -f "$f" ] || continue
	case $f in
	*/domain/*)	w=DOMAIN ;;
	*)		w=HACK ;;
	esac
	f=${f##*/}
	f=${f%.m4}
	case $f in
	dnsblaccess)	arg=", \`list.example.net'" mailers="MAILER(\`smtp')" ;;
	msp_nullclient)	arg=", \`hub.example.net'" mailers= ;;
	*)		arg= mailers="MAILER(\`local')
MAILER(\`smtp')" ;;
	esac
	printf '%s\n' "OSTYPE(\`linux')" "FEATURE(\`access_db')" "$w(\`$f'$arg)" "$mailers" >site.mc
	sh "$B" site.cf >out 2>&1
	is "$?: $(grep -v 'warning: ' out)" "0: " "$w($f) builds"
done

# installing
mkdir inst && cp "$CF/cf/generic-linux.mc" inst/sendmail.mc && cp "$CF/cf/submit.mc" inst && cd inst || bail "no inst"
sh "$B" "DESTDIR=$TMP/root" install-cf >out 2>&1
is "$?" 0 "install-cf"
ok test -f "$TMP/root/etc/mail/sendmail.cf" -- "sendmail.cf is there"
ok test -f "$TMP/root/etc/mail/submit.cf" -- "submit.cf is there"
ok test -f "$TMP/root/etc/mail/Makefile" -- "the Makefile of /etc/mail is there"
is "$(ls -l "$TMP/root/etc/mail/sendmail.cf" | cut -c1-10)" "-r--r--r--" "everybody may read it, nobody write"
ok cmp -s sendmail.cf "$TMP/root/etc/mail/sendmail.cf" -- "it is what was built"
mv "$TMP/root/etc/mail/submit.cf" "$TMP/old"
sh "$B" "DESTDIR=$TMP/root" CF=sendmail install-submit-cf >out 2>&1
is "$?" 0 "install-submit-cf"
ok cmp -s "$TMP/old" "$TMP/root/etc/mail/submit.cf" -- "... installs it alone"
done_testing
