divert(-1)
#
# build.m4 - the words of a Makefile.m4, and the tools a site's file may use.
#
# Every Makefile.m4 below src is read after this file, devtools/OS/$OS and the site's files, in
# one run of m4 each, and leaves $(O)/FOLDER/Makefile.  All of these are included by the head
# (head.m4), so there is one graph of dependencies and make may work in parallel.  Each object
# has a rule of its own, so any make will do.
#
# bldDIR is the folder below src; rooms.m4 (generated) knows where each room stands.

define(`APPENDDEF', `define(`$1', ifdef(`$1', `indir(`$1') $2', `$2'))')
define(`PREPENDDEF', `define(`$1', ifdef(`$1', `$2 indir(`$1')', `$2'))')
define(`bldDEFAULT', `ifdef(`$1', `', `define(`$1', `$2')')')

# bldEACH(macro, words): macro(word) for each word between blanks
define(`bldEACH', `bldEACH_(`$1', translit(`$2', ` 	
', `,,,'))')
define(`bldEACH_', `ifelse(`$2', `', `', `$1(`$2')')ifelse(`$#', `2', `', `bldEACH_(`$1', shift(shift($@)))')')
define(`bldBASE', `substr(`$1', 0, eval(len(`$1') - 2))')
define(`bldFIRST', `bldFIRST_(translit(`$1', ` 	
', `,,,'))')
define(`bldFIRST_', `ifelse(`$1', `', `ifelse(`$#', `1', `', `bldFIRST_(shift($@))')', `$1')')
define(`bldNAME', `ifelse(index(`$1', `/'), `-1', `$1', `bldNAME(substr(`$1', eval(index(`$1', `/') + 1)))')')
define(`bldOBJ', `$(O)/bldDIR/bldBASE(`$1').o ')
define(`bldFAIL', `errprint(`src/'bldDIR`/Makefile.m4: $1
')m4exit(1)')

# where the archive of a room, or of a program (for its tests), is
define(`bldAR', `ifdef(`bldROOM_$1', `$(O)/indir(`bldROOM_$1')/lib$1.a ',
	`bldFAIL(`no room is called $1; has it a Makefile.m4?')')')
define(`bldEXT', `ifdef(`confLIB_$1', `indir(`confLIB_$1') ',
	`bldFAIL(`no external library set is called $1; see devtools/OS/libraries')')')
# not empty if one of the wanted external sets is not there
define(`bldMISSING', `bldEACH(`bldMISSING_', `$1')')
define(`bldMISSING_', `ifdef(`bldHAVE_$1', `ifelse(indir(`bldHAVE_$1'), `no', `x')')')
# what a site says for one program or room: conf_sendmail_ENVDEF, conf_sendmail_LIBS ...
define(`bldSITE', `ifdef(`conf_'bldNAME(bldDIR)`_$1', `indir(`conf_'bldNAME(bldDIR)`_$1') ')')

# a source may be named by several macros of its folder, but has one rule
define(`bldCOMPILE', `ifdef(`bldSEEN_$1', `', `define(`bldSEEN_$1', `')
$(O)/bldDIR/bldBASE(`$1').o: src/bldDIR/$1 $(O)/os_conf.h $(O)/flags
	@echo "CC src/bldDIR/$1"
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) bldSITE(`ENVDEF')-MMD -MP -c -o $`'@ src/bldDIR/$1
-include $(O)/bldDIR/bldBASE(`$1').d
')')
# bldARCHIVE(name, sources)
define(`bldARCHIVE', `
$(O)/bldDIR/lib$1.a: $2
	@echo "AR lib$1.a"
	$(Q)rm -f $`'@
	$(Q)$(AR) $(ARFLAGS) $`'@ $2
	$(Q)$(RANLIB) $`'@
')
# bldLINK(output, objects, rooms, external sets, linker flags, last words)
define(`bldLINK', `
$1: $2 bldEACH(`bldAR', `$3')$(O)/flags
	@echo "LD bldNAME(`$1')"
	$(Q)$(CCLINK) $(CFLAGS) $5 -o $`'@ $2 $(OBJADD) bldSITE(`OBJADD')bldEACH(`bldAR', `$3') bldEACH(`bldEXT', `$4')bldSITE(`LIBS')$(LIBS) $6
')

define(`bldLIBRARY', `bldEACH(`bldCOMPILE', `$2')bldARCHIVE(`$1', bldEACH(`bldOBJ', `$2'))
all/bldDIR: $(O)/bldDIR/lib$1.a
')

# The first source of a program holds main(); the others are also an archive, for its tests.
define(`bldPROGRAM', `define(`bldMAIN', bldFIRST(`$2'))bldEACH(`bldCOMPILE', `$2')bldLINK(
`$(O)/bldDIR/$1', bldEACH(`bldOBJ', `$2')`$(PROG_OBJ) ', `$3', `$4', `$(LDFLAGS)')ifelse(
bldNAME(bldDIR), `$1', `bldARCHIVE(`$1', bldEACH(`bldNOTMAIN', `$2'))')
all/bldDIR: $(O)/bldDIR/$1
#program bldDIR/$1
')
define(`bldNOTMAIN', `ifelse(`$1', bldMAIN, `', `bldOBJ(`$1')')')

define(`bldTESTPROGRAM', `bldEACH(`bldCOMPILE', `$2')bldLINK(
`$(O)/bldDIR/$1', bldEACH(`bldOBJ', `$2')`$(PROG_OBJ) ', `$3', `$4', `$(LDFLAGS)')
tests/bldDIR: $(O)/bldDIR/$1
')

define(`bldMODULE', `ifelse(bldMISSING(`$4'), `', `bldEACH(`bldCOMPILE', `$2')bldLINK(
`$(O)/modules/$1.so', bldEACH(`bldOBJ', `$2'), `$3', `$4', `$(MODFLAGS)')
all/bldDIR: $(O)/modules/$1.so
#module $1
', `
# module $1 is left out: one of "$4" is not there or switched off
')')

define(`bldTESTS', `define(`bldTLIB', ``$2'')define(`bldTEXT', ``$3'')bldEACH(`bldTEST', `$1')')
define(`bldTEST', `bldCOMPILE(`$1')bldLINK(`$(O)/bldDIR/'bldBASE(`$1'),
`$(O)/bldDIR/'bldBASE(`$1')`.o', bldTLIB, bldTEXT, `$(LDFLAGS)', `$(TESTLIBS)')
tests/bldDIR: $(O)/bldDIR/bldBASE(`$1')
#test bldDIR/bldBASE(`$1')
')

define(`bldFUZZ', `define(`bldTLIB', ``$2'')define(`bldTEXT', ``$3'')bldEACH(`bldFUZZ1', `$1')')
define(`bldFUZZ1', `bldCOMPILE(`$1')bldLINK(`$(O)/bldDIR/'bldBASE(`$1'),
`$(O)/bldDIR/'bldBASE(`$1')`.o $(FUZZ_OBJ)', bldTLIB, bldTEXT, `$(LDFLAGS)', `$(FUZZ_LIBS)')
tests/bldDIR fuzz/bldDIR: $(O)/bldDIR/bldBASE(`$1')
#fuzz bldDIR/bldBASE(`$1')
')

define(`bldMAN', `bldEACH(`bldMAN_', `$1')')
define(`bldMAN_', `#man src/bldDIR/$1
')
