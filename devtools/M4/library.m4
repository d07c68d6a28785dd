divert(-1)
# library.m4 - what OS and site say about each external library set of bldSETS, like show.m4
changecom()
define(`bldSET', `=with_$1 ifdef(`confWITH_$1', `indir(`confWITH_$1')')
=set_$1 ifdef(`confLIB_$1', `yes')
=words_$1 ifdef(`confLIB_$1', `indir(`confLIB_$1')')
=incs_$1 ifdef(`confINC_$1', `indir(`confINC_$1')')
')
divert(0)dnl
bldEACH(`bldSET', bldSETS)dnl
