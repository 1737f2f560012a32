/* fuzz_registry.c - any bytes as the registry's file: refused, or read to what
 * is written and read again the same
 *
 * The hash of the last line is put right, or nothing would come past it; also
 * without it, the bytes as they are. */
#include "core/buf.h"
#include "ingest/ship/file_id.h"
#include "ingest/ship/registry.h"
#include "tests/fuzz/fuzz.h"

static struct registry empty(void)
{
	return (struct registry){ .dir_fd = -1, .lock_fd = -1 };
}

static void compare(const struct registry *a, const struct registry *b)
{
	struct map_entry at;

	ENSURE(a->by_id.n == b->by_id.n);
	map_for_each (&a->by_id, at) {
		const struct registry_entry *x = at.value;
		const struct registry_entry *y = registry_get(b, x->id);

		ENSURE(y && x->generation == y->generation &&
		       x->offset == y->offset && x->time_ns == y->time_ns &&
		       x->head == y->head && x->mark.bytes == y->mark.bytes &&
		       x->mark.hash == y->mark.hash && x->inode == y->inode &&
		       x->birth_ns == y->birth_ns && x->seen_ms == y->seen_ms &&
		       x->size == y->size && x->followed == y->followed);
		ENSURE(str_is(str_of(x->path), y->path) &&
		       str_is(str_of(x->target), y->target));
	}
}

static void check(struct str text)
{
	struct registry once = empty(), again = empty();
	struct buf rendered = { 0 };
	struct error err;

	if (registry_parse(&once, text, &err)) {
		registry_render(&once, &rendered);
		ENSURE(registry_parse(&again, buf_str(&rendered), &err));
		compare(&once, &again);
	} else {
		ENSURE(err.kind == ERROR_REJECT);
	}
	registry_close(&once);
	registry_close(&again);
	buf_release(&rendered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = str_slice((const char *)data, size);
	char digits[FILE_ID_DIGITS];
	struct buf text = { 0 };

	check(body);
	buf_add(&text, body);
	buf_add_text(&text, "end ");
	file_id_format(str_hash(body), digits);
	buf_add(&text, str_slice(digits, sizeof(digits)));
	buf_add_char(&text, '\n');
	check(buf_str(&text));
	buf_release(&text);
	return 0;
}
