/* fuzz_mask.c - a masked event holds what it held but for what was to be
 * replaced, and a valid line stays valid
 *
 * The first byte chooses the pattern. */
#include "event/mask.h"
#include "tests/fuzz/fuzz.h"

static const char *const patterns[] = { "a",     "\\d+",  "",
					"\"",    "[^a]*", "pw=\\K\\S+",
					"(?=b)", ".",     "(a+)+$" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scanner *scanner;
	struct mask *m = mask_open();
	struct buf out = { 0 };
	struct event event, masked;
	struct error err;
	enum mask_result result;

	if (!scanner)
		scanner = scanner_open();
	ENSURE(mask_add(
		m,
		str_of(patterns[size ? data[0] % ARRAY_LENGTH(patterns) : 0]),
		STR("\\\"\n{"), &err));
	event_scan(scanner,
		   str_slice((const char *)data + (size ? 1 : 0),
			     size ? size - 1 : 0),
		   &event);
	result = mask_apply(m, &event, &out);
	if (result != MASK_NOTHING && !(event.repairs & REPAIR_UNPARSED)) {
		event_scan(scanner, buf_str(&out), &masked);
		ENSURE(!(masked.repairs & REPAIR_UNPARSED));
		ENSURE((masked.repairs | REPAIR_UTF8) ==
		       (event.repairs | REPAIR_UTF8));
		ENSURE(masked.has_time == event.has_time &&
		       masked.level == event.level);
	}
	buf_release(&out);
	mask_close(m);
	return 0;
}
