bldLIBRARY(`wire', `smtp_cmd.c smtp_param.c smtp_value.c smtp_reply.c smtp_body.c smtp_span.c imap_arg.c milter_pkt.c imap_put.c imap_set.c pop_cmd.c sts_policy.c tlsrpt_uri.c xclient.c')
bldTESTS(`smtp_cmd_test.c smtp_reply_test.c smtp_body_test.c smtp_span_test.c imap_arg_test.c milter_pkt_test.c pop_cmd_test.c sts_policy_test.c tlsrpt_uri_test.c xclient_test.c', `wire base', `')
bldFUZZ(`smtp_cmd_fuzz.c smtp_reply_fuzz.c smtp_body_fuzz.c imap_arg_fuzz.c milter_pkt_fuzz.c sts_policy_fuzz.c tlsrpt_uri_fuzz.c xclient_fuzz.c', `wire base', `')
