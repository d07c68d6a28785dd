#!/bin/sh
# rows - each row of the surface at the door has a test that drives a real connection: test/smtp/data/rows says which one.
. test/lint/lint.sh
rows=test/smtp/data/rows

# lacks KIND NAME ...: names without a row
lacks() {
	kind=$1
	shift
	[ $# -gt 0 ] || echo "no names of kind $kind were found"
	for i in "$@"; do
		grep -q "^$kind	$i	" "$rows" || echo "$rows: no test for $kind $i"
	done
}

# tags: those in cf/README's part on the access map, and those of our own in doc/gate.md
tags=$(sed -n '/^access	/,/A key without a tag/p' cf/README | sed -n '/Tags:/,$p' | tr -s ' \t,;:' '\n' | grep -E '^(Connect|From|To|Spam|[A-Z][A-Za-z]+_[A-Za-z_]+|GreetPause|Client[A-Z][a-z]+|CERT[A-Z]+|AuthInfo|Compat|QGRP)$' | sort -u
	tr '`' '\n' <doc/gate.md | grep -oE '^(Greylist|Tarpit|Auth[A-Z][a-z]+):' | tr -d : | sort -u)
# keys and modifiers of DaemonPortOptions stand in one row of names
names=$(sed -n '/^== SMTP/,/^== Log/p' test/cf/surface.names | tr ' ' '\n' | sed -n '/^Name$/,$p' | sed '/^==/,$d')
# shellcheck disable=SC2046,SC2086
rule "each tag, key, modifier and FEATURE at the door has a test" "$(lacks tag $tags
	lacks modifier $(echo "$names" | grep -E '^.$')
	lacks key $(echo "$names" | grep -E '^..' | grep -v '^SuperSafe$')
	lacks feature access_db account_limits badmx block_bad_helo check_other compat_check conncontrol delay_checks dnsbl enhdnsbl greet_pause greylist queuegroup ratecontrol require_rdns tarpit)"

found=$(sed '/^#/d' "$rows" | tr -s '\t' | while IFS='	' read -r kind name file words; do
	if [ ! -x "$file" ]; then
		echo "$rows: $kind $name: no $file"
	elif ! cat "$file" "test/smtp/data/$(basename "$file" .t)" 2>/dev/null | grep -qF -- "$words"; then
		echo "$rows: $kind $name: \"$words\" is not in $file"
	fi
	case $kind in
	feature) [ -f "cf/feature/$name.m4" ] || echo "$rows: no FEATURE $name" ;;
	option)	grep -qF ".It Cm $name" src/sendmail/sendmail.cf.5 || grep -qF ".It Cm ${name%%.*}" src/sendmail/sendmail.cf.5 || echo "$rows: no option $name" ;;
	esac
done)
rule "each of these tests is there, and says so" "$found"
lint_done
