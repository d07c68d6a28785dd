bldLIBRARY(`wire', `smtp_cmd.c smtp_reply.c smtp_body.c')
bldTESTS(`smtp_cmd_test.c smtp_reply_test.c smtp_body_test.c', `wire base', `')
bldFUZZ(`smtp_cmd_fuzz.c smtp_reply_fuzz.c smtp_body_fuzz.c', `wire base', `')
