divert(-1)
dnl
dnl said - remember what the .mc defines, to say in the end which names nobody reads.
dnl
dnl _NOTE_(name) keeps conf... and names in capitals with an underscore, and the line.
dnl Names that begin with an underscore, and what files of the tree define, do not count.
dnl
define(`_SAID_', `')
define(`_NOTE_', `ifelse(substr(`$1', `0', `4'), `conf', `_KEEP_(`$1')',
	substr(`$1', `0', `1'), `_', `',
	index(`$1', `_'), `-1', `',
	translit(`$1', `ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_'), `', `_KEEP_(`$1')')')
define(`_DEFINE_', defn(`define'))
_DEFINE_(`_KEEP_', `_DEFINE_(`_SAID_', defn(`_SAID_')`$1 '_HERE_`
')')
dnl
dnl _UNREAD_: ask the shell, which knows the tree.
_DEFINE_(`_UNREAD_', `ifelse(defn(`_SAID_'), `', `', `syscmd(`sh "'_CF_DIR_`sh/nearest.sh" -n "'_CF_DIR_`" >&2 <<"END OF NAMES"
'defn(`_SAID_')`END OF NAMES
')')')
_DEFINE_(`define', `ifelse(`$#', `0', ``define'', `ifdef(`_INSIDE_', `', `_NOTE_(`$1')')_DEFINE_($@)')')
