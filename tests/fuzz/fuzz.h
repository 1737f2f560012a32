/* fuzz.h - what libFuzzer and run_corpus.c call */
#ifndef TOCSIN_TESTS_FUZZ_H
#define TOCSIN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes the place of core/base.h's ensure_failed(). */
_Noreturn void __wrap_ensure_failed(const char *condition, const char *file,
				    int line);

#endif
