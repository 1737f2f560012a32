/* assemble.c - unwraps and joins lines, and hands on what is whole
 *
 * Owns the scratch memory of unwrapping; what is held lies with each tail. Loop
 * thread. See assemble.h. */
#include "ingest/ship/assemble.h"

void assembler_init(struct assembler *a)
{
	a->scanner = scanner_open();
}

void assembler_release(struct assembler *a)
{
	scanner_close(a->scanner);
	buf_release(&a->scratch);
}

void assembler_set_now(struct assembler *a, int64_t mono_ms)
{
	a->mono_ms = mono_ms;
}

/* Hand on what is complete; the file goes on at `position`. */
static bool drain(struct assembler *a, struct tail *t, uint64_t position)
{
	struct entry entry;

	while (join_peek(&t->join, position, &entry)) {
		if (!a->take(a->arg, t, &entry))
			return false;
		join_pop(&t->join);
	}
	return true;
}

bool assembler_take(struct assembler *a, struct tail *t,
		    const struct line *line)
{
	struct piece piece;

	if (!drain(a, t, line->offset))
		return false;
	unwrap(a->scanner, line->text, &a->scratch, &piece);
	if (join_is_empty(&t->join) && join_is_whole(&a->rules, &piece)) {
		const struct entry entry = {
			.text = piece.text,
			.offset = line->offset,
			.end = line->end,
			.bytes = line->end - line->offset,
			.time_ns = piece.time_ns,
		};

		return a->take(a->arg, t, &entry);
	}
	join_add(&t->join, &a->rules, &piece, line->offset,
		 line->end - line->offset, a->mono_ms);
	/* What is refused now is offered again later. */
	(void)drain(a, t, line->end);
	return true;
}

bool assembler_flush(struct assembler *a, struct tail *t, bool final)
{
	if (join_is_empty(&t->join))
		return true;
	join_close(&t->join, final ? INT64_MAX : a->mono_ms - a->rules.wait_ms);
	return drain(a, t, t->lines.start);
}
