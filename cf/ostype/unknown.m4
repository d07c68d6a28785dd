divert(-1)
dnl
dnl unknown - no system at all: the paths are those that a system without a file of its
dnl own would have, and hardly yours.
dnl
_WARN_(`OSTYPE(unknown) is no system: choose one of the files in ostype; paths and mailer flags are guesses now')
