# vgtree.sh - a built tree whose programs run under valgrind, for whole-program tests.  Read it, then
#
#	vgtree OBJ DIR	make DIR, a tree like OBJ; what valgrind finds goes to files DIR/log/PID
#
# The roles that a program starts by executing itself, and the programs it starts, are followed; those
# of the system are not.

vgtree() {
	vg_obj=$1 vg_dir=$2
	mkdir "$vg_dir" "$vg_dir/log" "$vg_dir/bin" && chmod 1777 "$vg_dir/log" || return 1
	for vg_i in "$vg_obj"/* "$vg_obj"/.[!.]*; do
		[ -e "$vg_i" ] && ln -s "$vg_i" "$vg_dir/"
	done
	for vg_i in $(cat "$vg_obj/dirs"); do
		sed -n 's/^#program //p' "$vg_obj/$vg_i/Makefile"
	done >"$vg_dir/programs"
	while read -r vg_i; do
		vg_d=$vg_dir/${vg_i%/*}
		if [ -L "$vg_d" ]; then
			rm "$vg_d" && mkdir "$vg_d" || return 1
			for vg_f in "$vg_obj/${vg_i%/*}"/*; do
				ln -s "$vg_f" "$vg_d/"
			done
		fi
		rm -f "$vg_d/${vg_i##*/}"
		vg_wrap "$vg_obj/$vg_i" >"$vg_d/${vg_i##*/}" && chmod 755 "$vg_d/${vg_i##*/}" || return 1
	done <"$vg_dir/programs"
	chmod -R a+rX "$vg_dir"
}

# names such as mailq choose what sendmail does: the program is started by a link of that name
vg_wrap() {
	cat <<-END
		#!/bin/sh
		n=\${0##*/}
		[ -e "$vg_dir/bin/\$n" ] || ln -s "$1" "$vg_dir/bin/\$n" 2>/dev/null
		[ -e "$vg_dir/bin/\$n" ] || n=${1##*/}
		exec valgrind -q --trace-children=yes --trace-children-skip='/bin/*,/usr/*,/sbin/*' \\
		    --vgdb=no --leak-check=no --suppressions="$TOP/test/lib/valgrind.supp" \\
		    --log-file="$vg_dir/log/%p" "$vg_dir/bin/\$n" "\$@"
	END
	ln -s "$1" "$vg_dir/bin/${1##*/}"
}
