divert(-1)
dnl
dnl cf - make a sendmail.cf from an .mc file:
dnl
dnl	m4 ../m4/cf.m4 my.mc > my.cf
dnl
dnl This file defines the words an .mc file may use (cfhead.m4) and arranges for
dnl the text of the configuration (proto.m4) to be written when the .mc has been
dnl read.  With m4 -s the output carries marks that name the source of each line;
dnl Build does that.  An m4 without __file__ needs -D_CF_DIR_=/path/to/cf/
dnl
ifdef(`_CF_DIR_',, `ifdef(`__file__',
	`define(`_CF_AT_', index(__file__, `m4/cf.m4'))ifelse(_CF_AT_, -1,
		`define(`_CF_DIR_', `../')',
		`define(`_CF_DIR_', substr(__file__, 0, _CF_AT_))')',
	`define(`_CF_DIR_', `../')')')
include(_CF_DIR_`m4/base.m4')divert(-1)
include(_CF_DIR_`m4/version.m4')
include(_CF_DIR_`m4/cfhead.m4')
m4wrap(`include(_CF_DIR_`m4/proto.m4')')
dnl An .mc file may include this file by a path of its own, and yet be given to Build: once is enough.
define(`_INCLUDE_', defn(`include'))
define(`include', `ifelse(index(`$1', `m4/cf.m4'), `-1', `_INCLUDE_(`$1')')')
include(_CF_DIR_`m4/said.m4')divert(0)dnl
