/* abort.c - a bug aborts here instead of ending with exit status 70, so that
 * libFuzzer keeps the input (linked with --wrap=ensure_failed) */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

_Noreturn void __wrap_ensure_failed(const char *condition, const char *file,
				    int line)
{
	fprintf(stderr, "bug: %s:%d: %s\n", file, line, condition);
	abort();
}
