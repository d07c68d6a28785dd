divert(-1)
dnl
dnl base - what both kinds of configuration (sendmail.cf and mailbox.cf) share:
dnl where the tree is, error messages that name the line of the .mc file, and
dnl option lines.
dnl
dnl Portable m4 only: __file__, __line__, syscmd and sysval are used where the
dnl m4 at hand has them.  Comments are switched off, because a cf file is full of
dnl number signs that mean something; so a comment inside this tree must not
dnl contain the name of a macro, a quote or an apostrophe.
dnl
changecom
dnl Where the tree stands.  Given with -D_CF_DIR_=/path/ or else found from the
dnl name of the m4 file that was loaded first.
ifdef(`_CF_DIR_',, `ifdef(`__file__',
	`define(`_CF_HERE_', __file__)define(`_CF_AT_', index(_CF_HERE_, `m4/base.m4'))ifelse(_CF_AT_, -1,
		`define(`_CF_DIR_', `../')',
		`define(`_CF_DIR_', substr(_CF_HERE_, 0, _CF_AT_))')',
	`define(`_CF_DIR_', `../')')')
dnl
dnl _HERE_ is FILE:LINE: of the macro call being read.  _MARK_ remembers it, for
dnl messages that come up while a file of ours is being read on its behalf.
define(`_HERE_', `ifdef(`__file__', `__file__:__line__: ')')
dnl Inside a file of ours the line of the .mc that asked for it stays.
define(`_MARK_', `ifdef(`_INSIDE_',, `define(`_AT_', _HERE_)')')
define(`_AT_', `')
dnl
dnl _FAULT_(text): an error.  m4 goes on, to find more of them, and ends with
dnl status 1 and without a configuration.  _WARN_(text): only said.
define(`_FAULT_', `errprint(_AT_`'`$1
')define(`_FAILED_', `1')')
define(`_WARN_', `errprint(_AT_`warning: $1
')')
dnl
dnl _EXISTS_(file): 1 if it can be read, or if this m4 cannot tell.
define(`_EXISTS_', `syscmd(`test -r "$1"')ifdef(`sysval', `ifelse(sysval, `0', `1', `0')', `1')')
dnl
dnl _LOAD_(folder, name): include that file of the tree.  A name that is not there
dnl is an error which lists what it may have meant.
define(`_LOAD_', `ifelse(_EXISTS_(_CF_DIR_`'$1/$2.m4), `1',
	`pushdef(`_INSIDE_', `1')include(_CF_DIR_`'$1/$2.m4)popdef(`_INSIDE_')',
	`_FAULT_(`no $1 named $2')syscmd(`sh "'_CF_DIR_`sh/nearest.sh" "'_CF_DIR_`$1" "$2" >&2')')')
dnl
dnl PUSHDIVERT(n) and POPDIVERT: write something elsewhere, then go on as before.
define(`PUSHDIVERT', `pushdef(`_DIVNUM_', divnum)divert($1)')
define(`POPDIVERT', `divert(_DIVNUM_)popdef(`_DIVNUM_')')
dnl
dnl VERSIONID(text): a comment in the output.
define(`VERSIONID', `#####  $1  #####
')
dnl
dnl _STR_(a, b, ...): its arguments as one quoted text; for callers who forgot
dnl the quotes around a list.
define(`_STR_', ``$*'')
dnl
dnl _OPTION_(confNAME, Option, shown default, comment): one option.  It is written
dnl if the .mc defined the name, and otherwise stands there as a comment.
define(`_OPTION_', `ifelse(`$4', `', `', `
dnl $4
')ifdef(`$1', `O $2`'ifelse(defn(`$1'), `', `', `=$1')', `#O $2`'ifelse(`$3', `', `', `=$3')')
')
divert(0)dnl
