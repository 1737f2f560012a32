/* fuzz_unwrap.c - a wrapped line says what json-c reads in it; whatever is
 * joined comes out in order, whole and within its bounds
 *
 * The first byte chooses the rules; lines are divided by LF. */
#include <json-c/json.h>

#include "event/time.h"
#include "ingest/ship/join.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_oracle.h"

enum { LIMIT = 64 };

struct world {
	struct join join;
	struct join_rules rules;
	size_t total;
	uint64_t at, seen, bytes;
	struct scanner *scanner;
	struct buf scratch;
};

static void check_docker(struct str line, const struct piece *piece)
{
	struct oracle oracle;
	struct json_object *log;
	struct str text = { 0 };

	oracle_read(line, &oracle);
	if (oracle.unsure || !oracle.utf8) {
		oracle_release(&oracle);
		return;
	}
	ENSURE(oracle.object);
	ENSURE(json_object_object_length(oracle.object) <= 4);
	ENSURE(json_object_object_get_ex(oracle.object, "log", &log));
	text = str_slice(json_object_get_string(log),
			 (size_t)json_object_get_string_len(log));
	ENSURE(piece->partial == (text.n == 0 || text.s[text.n - 1] != '\n'));
	if (!piece->partial)
		text.n--;
	if (!piece->partial && text.n > 0 && text.s[text.n - 1] == '\r')
		text.n--;
	/* Lone surrogates are not json-c's business. */
	if (!memmem(line.s, line.n, "\\u", 2))
		ENSURE(str_equal(piece->text, text));
	oracle_release(&oracle);
}

static void check_piece(struct str line, const struct piece *piece)
{
	if (piece->stream == STREAM_PLAIN) {
		ENSURE(str_equal(line, piece->text) && !piece->partial);
		ENSURE(piece->time_ns == TIME_NONE);
		return;
	}
	ENSURE(piece->time_ns != TIME_NONE);
	if (line.s[0] == '{')
		check_docker(line, piece);
	else
		ENSURE(piece->text.n == 0 ||
		       piece->text.s + piece->text.n == line.s + line.n);
}

static void drain(struct world *w)
{
	struct entry e;

	while (join_peek(&w->join, w->at, &e)) {
		ENSURE(e.text.n <= LIMIT);
		ENSURE(w->bytes == 0 || e.offset > w->seen);
		ENSURE(e.end == 0 || e.end == w->at);
		w->seen = e.offset;
		w->bytes += e.bytes;
		join_pop(&w->join);
		ENSURE((e.end != 0) == join_is_empty(&w->join));
	}
}

static void add(struct world *w, struct str line, int64_t now)
{
	struct piece piece;

	unwrap(w->scanner, line, &w->scratch, &piece);
	check_piece(line, &piece);
	join_add(&w->join, &w->rules, &piece, w->at, line.n + 1, now);
	w->at += line.n + 1;
	ENSURE(w->total <= 3 * LIMIT + LIMIT);
	drain(w);
	ENSURE(!join_is_empty(&w->join) || w->bytes == w->at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scanner *scanner;
	struct world w = { 0 };
	struct str rest;

	if (size < 1)
		return 0;
	if (!scanner)
		scanner = scanner_open();
	w.scanner = scanner;
	w.rules = (struct join_rules){ .foreign = data[0] & 1,
				       .limit = LIMIT,
				       .budget = data[0] & 2 ? 10 : 1000,
				       .wait_ms = 1000 };
	join_init(&w.join, &w.total);
	rest = str_slice((const char *)data + 1, size - 1);
	for (int64_t now = 0; rest.n > 0; now++) {
		const char *lf = memchr(rest.s, '\n', rest.n);
		size_t n = lf ? (size_t)(lf - rest.s) : rest.n;

		add(&w, str_slice(rest.s, n), now);
		if (data[0] & 4)
			join_close(&w.join, now - 3);
		drain(&w);
		n += lf ? 1 : 0;
		rest = str_slice(rest.s + n, rest.n - n);
	}
	join_close(&w.join, INT64_MAX);
	drain(&w);
	ENSURE(join_is_empty(&w.join) && w.total == 0 && w.bytes == w.at);
	join_release(&w.join);
	buf_release(&w.scratch);
	return 0;
}
