bldLIBRARY(`rule', `atom.c klass.c tok.c macro.c pat.c ruleset.c ctx.c rewrite.c triple.c')
