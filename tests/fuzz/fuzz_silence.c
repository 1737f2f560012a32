/* fuzz_silence.c - what reads as a silence, or as matchers, is written so that
 * it reads as the same; a zone file of any bytes is safe to ask
 *
 * The first byte chooses what the rest is read as. */
#include "alert/notify/silence.h"
#include "core/zone.h"
#include "tests/fuzz/fuzz.h"

static void check_silence(struct str text)
{
	struct buf first = { 0 }, second = { 0 };
	struct silence s, again;
	struct error err;

	if (!silence_decode(text, &s, &err))
		return;
	silence_encode(&s, &first);
	/* Years beyond 2261 are written as the last that fits. */
	ENSURE(silence_decode(buf_str(&first), &again, &err));
	ENSURE(matchers_equal(&s.matchers, &again.matchers));
	silence_encode(&again, &second);
	ENSURE(str_equal(buf_str(&first), buf_str(&second)));
	silence_release(&s);
	silence_release(&again);
	buf_release(&first);
	buf_release(&second);
}

static void check_matchers(struct str text)
{
	struct matchers m = { 0 }, again = { 0 };
	struct labels labels = { 0 };
	struct buf written = { 0 };
	struct error err;

	if (matchers_parse(&m, text, &err)) {
		matchers_text(&m, &written);
		ENSURE(matchers_parse(&again, buf_str(&written), &err));
		ENSURE(matchers_equal(&m, &again));
		if (m.n > 0)
			labels_set(&labels, str_of(m.item[0].name),
				   str_of(m.item[0].value));
		ENSURE(matchers_hold(&m, &labels) ==
		       matchers_hold(&again, &labels));
	}
	matchers_release(&m);
	matchers_release(&again);
	labels_release(&labels);
	buf_release(&written);
}

static void check_zone(struct str file)
{
	struct error err;
	struct zone *z = zone_read(file, &err);

	if (!z)
		return;
	for (int64_t s = -4000000000; s < 8000000000; s += 777777777)
		zone_offset_s(z, s);
	zone_close(z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest =
		str_slice((const char *)data + 1, size > 0 ? size - 1 : 0);

	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0: check_silence(rest); break;
	case 1: check_matchers(rest); break;
	case 2: check_zone(rest); break;
	}
	return 0;
}
