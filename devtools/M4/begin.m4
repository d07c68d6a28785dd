changecom()divert(0)dnl
