divert(-1)
dnl
dnl unknown - no system at all; asks for another choice.
dnl
_FAULT_(`OSTYPE(unknown) is no system: choose one of the files in ostype')
