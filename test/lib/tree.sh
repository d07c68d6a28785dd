# tree.sh - for tests of Build: tiny_tree DIR makes a tree with one room and one program in DIR.

tiny_tree() {
	mkdir -p "$1/src/lib/base" "$1/src/makemap" "$1/doc" "$1/test/corpus/str"
	cp -R "$TOP/Build" "$TOP/devtools" "$1/"
	rm -f "$1"/devtools/Site/*.m4
	cp -R "$TOP/test/lib" "$TOP/test/lint" "$TOP/test/run.sh" "$1/test/"
	cp "$TOP/src/lib/base/Build" "$1/src/lib/base/"
	cp "$TOP/src/lib/base/Build" "$1/src/makemap/"
	cat >"$1/src/lib/base/str.h" <<-'END'
		#ifndef BASE_STR_H
		#define BASE_STR_H
		int	str_one(void);
		#endif
	END
	cat >"$1/src/lib/base/str.c" <<-'END'
		#include "base/str.h"
		int
		str_one(void)
		{
			return 1;
		}
	END
	cat >"$1/src/lib/base/str_test.c" <<-'END'
		#include <setjmp.h>
		#include <stdarg.h>
		#include <stddef.h>
		#include <stdint.h>
		#include <cmocka.h>
		#include "base/str.h"
		static void
		test_one(void **s)
		{
			(void)s;
			assert_int_equal(str_one(), 1);
		}
		int
		main(void)
		{
			const struct CMUnitTest t[] = { cmocka_unit_test(test_one) };
			return cmocka_run_group_tests(t, NULL, NULL);
		}
	END
	cat >"$1/src/lib/base/str_fuzz.c" <<-'END'
		#include <stddef.h>
		#include <stdint.h>
		#include "base/str.h"
		int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
		int
		LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
		{
			(void)p;
			(void)n;
			return str_one() - 1;
		}
	END
	echo seed >"$1/test/corpus/str/one"
	cat >"$1/src/lib/base/Makefile.m4" <<-'END'
		bldLIBRARY(`base', `str.c')
		bldMODULE(`str_mod', `str.c', `base', `')
		bldTESTS(`str_test.c', `base', `')
		bldFUZZ(`str_fuzz.c', `base', `')
	END
	cat >"$1/src/makemap/Makefile.m4" <<-'END'
		bldPROGRAM(`makemap', `makemap.c second.c', `base', `')
		bldMAN(`makemap.8')
	END
	cat >"$1/src/makemap/makemap.c" <<-'END'
		#include <stdio.h>
		#include "base/str.h"
		#ifndef WORD
		#define WORD "plain"
		#endif
		int
		main(void)
		{
			return printf("%s\n", WORD) < str_one();
		}
	END
	echo "int	second_two(void);	int	second_two(void) { return 2; }" >"$1/src/makemap/second.c"
	cp "$TOP/src/makemap/makemap.8" "$1/src/makemap/" 2>/dev/null ||
	    printf '.Dd November 1, 2026\n.Dt MAKEMAP 8\n.Os\n.Sh NAME\n.Nm makemap\n.Nd make maps\n.Sh DESCRIPTION\nText.\n' >"$1/src/makemap/makemap.8"
	printf '0 base:\n4 makemap: base\n' >"$1/doc/layers"
}
