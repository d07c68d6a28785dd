bldPROGRAM(`imapd', `main.c login.c session.c view.c cmd.c cmd_box.c cmd_msg.c cmd_append.c cmd_idle.c cmd_fetch.c cmd_search.c fetch_arg.c search_arg.c message.c message_text.c structure.c',
	`front store auth net proc mime wire os base', `event dl crypt unistring')
bldTESTPROGRAM(`liar', `liar.c login.c session.c view.c cmd.c cmd_box.c cmd_msg.c cmd_append.c cmd_idle.c cmd_fetch.c cmd_search.c fetch_arg.c search_arg.c message.c message_text.c structure.c',
	`front store auth net proc mime wire os base', `event dl crypt unistring')
bldMAN(`imapd.8')
