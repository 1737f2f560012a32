/* assemble.h - from a file's lines to entries
 *
 * Stands between the reading of a file and the sending of its events: each line
 * is unwrapped (unwrap.h) and joined (join.h); whole entries go on at once.
 * What takes them may refuse: then they are kept and offered again before the
 * next line is taken.
 *
 * Loop thread. */
#ifndef TOCSIN_INGEST_SHIP_ASSEMBLE_H
#define TOCSIN_INGEST_SHIP_ASSEMBLE_H

#include "ingest/ship/tail.h"

struct assembler {
	/* Set by the owner. */
	struct join_rules rules;
	bool (*take)(void *arg, struct tail *t, const struct entry *entry);
	void *arg;

	/* Ours. */
	struct scanner *scanner;
	struct buf scratch;
	int64_t mono_ms;
};

void assembler_init(struct assembler *a);
void assembler_release(struct assembler *a);
/* The time by which waiting is judged; once a turn. */
void assembler_set_now(struct assembler *a, int64_t mono_ms);

/* A line of t; false: refused, it comes again. */
bool assembler_take(struct assembler *a, struct tail *t,
		    const struct line *line);

/* t was read to its end: what was quiet for rules.wait_ms (with `final`:
 * everything) is whole. False: some of it was refused. */
bool assembler_flush(struct assembler *a, struct tail *t, bool final);

#endif
