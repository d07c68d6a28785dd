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
	`_FAULT_(`FEATURE(access_db) does not know the argument $1')')')
_ACCESS_WORD_(defn(`_ARG2_'))_ACCESS_WORD_(defn(`_ARG3_'))_ACCESS_WORD_(defn(`_ARG4_'))_ACCESS_WORD_(defn(`_ARG5_'))
ifelse(defn(`_ARG_'), `', `', defn(`_ARG_'), `LDAP', `',
	index(defn(`_ARG_'), `-T<TMPF>'), `-1', `_WARN_(`the map of FEATURE(access_db) should have the flag -T<TMPF>, or mail is refused for good when it fails')')
_MAP_(`access', defn(`_ARG_'), `access', `access', `-T<TMPF>')
