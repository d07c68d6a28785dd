divert(-1)
dnl
dnl access_db(map, skip, lookupdotdomain, relaytofulladdress) - who may do what, by
dnl address, host and network.  The arguments after the map come in any order.
dnl
define(`_ACCESS_TABLE_', `1')
define(`_NEED_MACRO_MAP_', `1')
define(`_ACCESS_WORD_', `ifelse(`$1', `', `', `$1', `skip', `define(`_ACCESS_SKIP_', `1')',
	`$1', `lookupdotdomain', `define(`_LOOKUPDOTDOMAIN_', `1')',
	`$1', `relaytofulladdress', `define(`_RELAY_FULL_ADDR_', `1')',
	`_WARN_(`FEATURE(access_db) does not know the argument $1')')')
_ACCESS_WORD_(defn(`_ARG2_'))_ACCESS_WORD_(defn(`_ARG3_'))_ACCESS_WORD_(defn(`_ARG4_'))_ACCESS_WORD_(defn(`_ARG5_'))
dnl The flag is put into a map that lacks it: without it a map that fails for a
dnl moment has nothing to say, and mail is judged as if it were empty.
define(`_ACCESS_AT_', index(defn(`_ARG_'), ` '))
ifelse(defn(`_ARG_'), `', `_MAP_(`access', `', `access', `access', `-T<TMPF>')',
	defn(`_ARG_'), `LDAP', `_MAP_(`access', `LDAP', `access', `access', `-T<TMPF>')',
	eval(index(defn(`_ARG_'), `-T<TMPF>') >= 0), `1', `_MAP_(`access', defn(`_ARG_'), `access', `access')',
	`_WARN_(`the map of FEATURE(access_db) lacks the flag -T<TMPF>; it is added')PUSHDIVERT(6)dnl
Kaccess ifelse(_ACCESS_AT_, `-1', `_ARG_ -T<TMPF>', `substr(defn(`_ARG_'), `0', _ACCESS_AT_) -T<TMPF>`'substr(defn(`_ARG_'), _ACCESS_AT_)')
POPDIVERT()')
