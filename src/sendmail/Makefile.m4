bldPROGRAM(`sendmail', `main.c
	blame.c check_differ.c check_mc.c check_netmap.c maps_alias.c maps_env.c
	about.c alias.c alias_place.c alias_trace.c aliasfile.c ask.c ask_role.c attempt.c
	body.c bundle.c capacity.c
	check.c check_equal.c check_files.c check_relay.c check_rules.c check_text.c check_tls.c classmap.c client.c client_port.c client_result.c clt.c clt_body.c clt_cache.c clt_param.c clt_step.c clt_tls.c clt_tx.c conf.c conf_check.c conf_class.c conf_daemon.c conf_direct.c conf_file.c conf_finish.c conf_idle.c conf_header.c conf_loader.c conf_mailer.c conf_opt.c conf_optset.c conf_read.c conf_trace.c crack.c
	client_secure.c clt_secure.c dane.c keys.c makecert.c secure.c signask.c stsask.c stscache.c stsd.c tlscheck.c tlsfiles.c tlsrpt.c tlsrpt_report.c
	dest.c dest_shared.c dnsconf.c door_dns.c dsn.c dsn_prune.c dsn_text.c
	env.c env_hdr.c env_rcpt.c explain.c explain_origin.c explain_svg.c explain_text.c
	forward.c
	gate.c gate_accept.c gate_ask.c gate_crowd.c gate_direct.c gate_limit.c
	hand.c hand_adopt.c hand_job.c hand_part.c hand_write.c hoststat.c
	ident.c
	jprint.c jspool.c jspool_batch.c jspool_replay.c disk_helper.c jsync.c lease.c
	loader.c local.c local_body.c local_file.c local_list.c local_lmtp.c local_pipe.c logd.c logd_pace.c lookup.c
	filter_place.c milter.c milterask.c milter_change.c milter_io.c milter_msg.c milter_park.c srv_milter.c maillog.c mailq.c maps.c mc_words.c mode.c mime_limit.c mx.c
	newaliases.c
	authask.c authchild.c authd.c authlayer.c clt_auth.c clt_policy.c policy.c srv_auth.c tlsfeat.c
	flow.c msg_rules.c opts.c pace.c
	parent.c parent_class.c parent_command.c parent_conf.c parent_filter.c parent_filters.c parent_control.c parent_inherit.c parent_listen.c parent_mend.c parent_pid.c parent_ping.c parent_port.c portask.c parent_proc.c
	qrun.c
	rcptlist.c report.c req.c req_table.c reqtls.c resolve.c resolve_trace.c resolver.c role.c route.c route_bcc.c route_compat.c route_from.c route_group.c route_header.c route_macros.c route_sort.c route_udb.c userdb.c
	sched.c smtpd.c spoold.c spoold_again.c spoold_commit.c spoold_dead.c spoold_filter.c spoold_group.c spoold_host.c spoold_part.c spoold_place.c spoold_scan.c spoold_stats.c spoold_take.c srv.c srv_bdat.c srv_check.c srv_data.c srv_door.c srv_ehlo.c srv_mail.c srv_rcpt.c srv_role.c srv_tls.c srv_user.c srv_verb.c submit.c submit_alone.c submit_end.c submit_read.c submit_roles.c submit_rules.c submit_session.c spill.c sync.c
	srv_xclient.c
	tlsrpt_mail.c tlsrpt_post.c
	tally.c tally_row.c tallyd.c testmode.c testmode_cmd.c
	unquote.c verdict.c verify.c
	say.c spare.c why.c worker.c worker_birth.c worker_lend.c worker_luck.c worker_pool.c', `map bdb queue auth net proc rule wire mime os base', `event')
bldMAN(`sendmail.8 sendmail.cf.5 aliases.5 newaliases.1 mailq.1 hoststat.1')
bldTESTS(`aliasfile_test.c conf_test.c forward_test.c ask_test.c lease_test.c worker_test.c hostile_test.c hostile_parent_test.c keys_test.c', `sendmail map bdb queue auth net proc rule wire mime os
base', `event')
bldFUZZ(`aliasfile_fuzz.c conf_read_fuzz.c check_fuzz.c forward_fuzz.c attempt_fuzz.c ask_fuzz.c explain_fuzz.c', `sendmail map bdb queue auth net proc rule wire mime os
base', `event')
bldTESTS(`bundle_test.c capacity_test.c dane_test.c dest_shared_test.c flow_test.c srv_test.c mime_limit_test.c mx_test.c pace_test.c spoold_place_test.c logd_pace_test.c door_dns_test.c tally_row_test.c opts_test.c', `sendmail map bdb queue auth net proc rule wire mime os base', `event')
bldFUZZ(`milter_fuzz.c srv_fuzz.c clt_fuzz.c door_dns_fuzz.c tally_row_fuzz.c', `sendmail map bdb queue auth net proc rule wire mime os base', `event')
bldTESTPROGRAM(`faulty', `faulty.c', `sendmail map bdb queue auth net proc rule wire mime os base', `event dl')
bldTESTPROGRAM(`calls', `calls.c', `sendmail map bdb queue auth net proc rule wire mime os base', `event dl')
bldTESTPROGRAM(`liar', `liar.c', `sendmail map bdb queue auth net proc rule wire mime os base', `event dl')
