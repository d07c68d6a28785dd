divert(-1)
# library.m4 - what OS and site say about the external library set bldASK
changecom()
divert(0)dnl
with="ifdef(`confWITH_'bldASK, `indir(`confWITH_'bldASK)')"
set="ifdef(`confLIB_'bldASK, `yes')"
words="ifdef(`confLIB_'bldASK, `indir(`confLIB_'bldASK)')"
incs="ifdef(`confINC_'bldASK, `indir(`confINC_'bldASK)')"
