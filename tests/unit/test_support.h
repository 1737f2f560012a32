/* test_support.h - cmocka with the headers it wants, and a string assertion */
#ifndef TOCSIN_TESTS_UNIT_TEST_SUPPORT_H
#define TOCSIN_TESTS_UNIT_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base.h"

#define assert_str(actual, text)                                               \
	do {                                                                   \
		struct str actual_ = (actual);                                 \
		struct str wanted_ = str_of(text);                             \
		if (!str_equal(actual_, wanted_))                              \
			fail_msg("got \"%.*s\", wanted \"%s\"",                \
				 STR_ARG(actual_), (text));                    \
	} while (0)

#endif
