/* fuzz_lines.c - whatever the file, and however it grows, the splitter hands
 * out what splitting the whole file at once gives
 *
 * The first three bytes choose limit, chunk and how the file grows. */
#include "ingest/ship/lines.h"
#include "tests/fuzz/fuzz.h"

struct world {
	struct str file;
	size_t at; /* where the next line must begin */
	size_t limit;
	bool final;
};

/* The line at w->at by one look at the whole file. */
static void check(struct world *w, const struct line *line)
{
	const char *from = w->file.s + w->at;
	const char *lf = memchr(from, '\n', w->file.n - w->at);
	struct str text =
		str_slice(from, lf ? (size_t)(lf - from) : w->file.n - w->at);
	size_t end = w->at + text.n + (lf ? 1 : 0);

	ENSURE(lf || w->final);
	ENSURE(line->offset == w->at && line->end == end);
	if (line->cut) {
		ENSURE(line->text.n <= w->limit && text.n > line->text.n);
	} else {
		if (text.n > 0 && text.s[text.n - 1] == '\r')
			text.n--;
		if (w->at == 0 && str_has_prefix(text, STR("\xef\xbb\xbf")))
			text = str_slice(text.s + 3, text.n - 3);
		ENSURE(str_equal(line->text, text));
	}
	w->at = end;
}

/* As tail.c reads. False: at the end of what is there. */
static bool read_once(struct world *w, struct lines *l, size_t size)
{
	struct lines_range want = lines_want(l);
	size_t n = want.offset < size ? size - want.offset : 0;
	struct line line;
	bool found = false;

	n = n < want.n ? n : want.n;
	ENSURE(want.n <= lines_room(l->limit, l->chunk));
	lines_load(l, want.offset,
		   str_slice(n ? w->file.s + want.offset : "", n));
	while (lines_next(l, &line) ||
	       (w->final && n < want.n && lines_last(l, size, &line))) {
		check(w, &line);
		lines_accept(l, &line);
		found = true;
	}
	return found || n == want.n || lines_found_end(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { 0 };
	struct lines l;
	size_t chunk, step, turns = 0;

	if (size < 3)
		return 0;
	w.limit = 1 + data[0] % 40;
	chunk = 1 + data[1] % 40;
	step = 1 + data[2];
	w.file = str_slice((const char *)data + 3, size - 3);
	lines_init(&l, 0, w.limit, chunk);
	for (size_t grown = 0; grown < w.file.n;) {
		grown = w.file.n - grown < step ? w.file.n : grown + step;
		w.final = grown == w.file.n;
		while (read_once(&w, &l, grown))
			ENSURE(turns++ < 8 * size + 64);
	}
	ENSURE(w.at == w.file.n);
	return 0;
}
