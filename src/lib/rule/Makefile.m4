bldLIBRARY(`rule', `atom.c klass.c tok.c macro.c pat.c pat_trace.c ruleset.c rule_add.c ctx.c rewrite.c rhs.c rhs_map.c triple.c check.c explain.c')
bldTESTS(`tok_test.c rule_test.c explain_test.c', `rule base', `')
bldFUZZ(`tok_fuzz.c rewrite_fuzz.c', `rule base', `')
