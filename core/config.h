/* config.h - settings: one table row each, read from a conf tree
 *
 * A `struct setting` row is the only place that knows a setting's name, type,
 * default, range, unit and meaning: the parser, `tocsin help config`, the man
 * page and every error message read it. The same machinery checks the main
 * file, a receiver, a route and a rule: each has its own table of rows.
 *
 * An unknown key is an error that names file, line and the nearest known key;
 * likewise a wrong type, a value out of range, a missing required key.
 *
 * One thread at a time. */
#ifndef TOCSIN_CORE_CONFIG_H
#define TOCSIN_CORE_CONFIG_H

#include "core/conf.h"
#include "core/buf.h"

enum setting_type {
	SETTING_STRING,
	SETTING_INT,
	SETTING_REAL, /* takes whole numbers too */
	SETTING_BOOL,
	SETTING_DURATION, /* "500ms" "30s" "5m" "2h" "7d"; ms */
	SETTING_BYTES,    /* 1048576 or "64KiB" "8MiB" "1GiB" */
	SETTING_STRINGS,  /* ["a", "b"], ("a", "b") or one string */
	SETTING_CHOICE,   /* one of `choices` */
	SETTING_TREE, /* a group or list that its owner checks: config_tree */
};

/* Or-ed to the type: who takes another value when SIGHUP has it read again.
 * Everybody else who reads the setting does so at the start only. */
enum setting_live {
	LIVE_IN_SHIP = 0x100,
	LIVE_IN_INDEX = 0x200,
	LIVE_IN_ALERT = 0x400,
	LIVE = LIVE_IN_SHIP | LIVE_IN_INDEX | LIVE_IN_ALERT,
	COMMANDS_ONLY = 0x800, /* no daemon reads it */
};

struct setting {
	const char *path; /* "kafka.brokers"; groups are divided by '.' */
	unsigned type;    /* one setting_type, and setting_live */
	/* The default as text, without the quotes of libconfig; of STRINGS
	 * "a, b". "" = empty, 0 or absent; NULL = required. */
	const char *fallback;
	/* INT, DURATION (ms), BYTES: 0,0 = any from 0 up. REAL: 0,0 = any.
	 * STRINGS: how many, 0,0 = any. Others: unused. */
	int64_t min, max;
	const char *const *choices; /* CHOICE: names, ended by NULL */
	const char *unit;           /* for people, may be NULL */
	const char *sentence;       /* what it does: one or two sentences */
};

/* A table may be given in pieces, each lying with the code that it steers. */
struct settings {
	const struct setting *row;
	size_t n;
};

struct strings {
	const char **item;
	size_t n;
};

struct config; /* checked values of one group of one or more tables */

/* Check `group` (borrowed; must outlive the config because of config_tree)
 * against the tables (borrowed, constant). What is wrong goes to `problems`;
 * wrong values read as their defaults, so the rest can be checked too. Never
 * NULL. */
struct config *config_check(const struct conf *group,
			    const struct settings tables[], size_t n,
			    struct problems *problems);
/* Read the main file (NULL: defaults only), then apply `-s path=value`
 * overrides: value in libconfig syntax or a bare string, which it always is
 * where the setting is one. Problems of overrides name "-s path" for the file
 * and never the value, which may be a secret. The config owns its trees.
 * Never NULL. */
struct config *config_load(const char *path, const char *const overrides[],
			   size_t n_overrides, const struct settings tables[],
			   size_t n, struct problems *problems);
void config_close(struct config *c);

/* Values by path. An unknown path or another type is a bug (ENSURE).
 * Everything returned is borrowed from the config. */
const char *config_string(const struct config *c, const char *path);
int64_t config_int(const struct config *c, const char *path); /* INT, DURATION
				       in ms, BYTES */
double config_real(const struct config *c, const char *path);
bool config_bool(const struct config *c, const char *path);
const struct strings *config_strings(const struct config *c, const char *path);
/* CHOICE: its position in `choices`. */
int config_choice(const struct config *c, const char *path);
/* TREE: NULL if absent. */
const struct conf *config_tree(const struct config *c, const char *path);
/* Was it written in the file or an override? */
bool config_is_set(const struct config *c, const char *path);
/* The node it was written in, for a message with file and line; else NULL. */
const struct conf *config_node(const struct config *c, const char *path);
/* Put the place where it was written, "file:line: ", before the text of *err;
 * nothing where it has its default. Returns false. */
bool config_blame(const struct config *c, const char *path, struct error *err);
/* The same for item i of a list, which may have a line of its own. */
bool config_blame_item(const struct config *c, const char *path, size_t i,
		       struct error *err);
/* The node of item i of STRINGS; that of the whole setting where it was written
 * as one string, NULL where it has its default. */
const struct conf *config_item_node(const struct config *c, const char *path,
				    size_t i);

/* What `next`, read again, has otherwise than `now`, and `daemon` (one of
 * LIVE_IN_*) reads at its start only: each path goes to tell(). Settings of
 * other daemons are passed over. Both configs are of the same tables. */
void config_needs_restart(const struct config *now, const struct config *next,
			  enum setting_live daemon,
			  void (*tell)(void *arg, const char *path), void *arg);

/* "5m" to ms and "8MiB" to bytes, as SETTING_DURATION and SETTING_BYTES. */
MUST_CHECK bool duration_parse(struct str text, int64_t *ms);
MUST_CHECK bool bytes_parse(struct str text, int64_t *bytes);
/* ms in the shortest exact spelling: "90s", "500ms", "1d". */
void duration_format(int64_t ms, struct buf *out);
/* Bytes likewise: "1MiB", "1000B". */
void bytes_format(int64_t bytes, struct buf *out);
/* The known word nearest to a misspelt one, or NULL if none is near. */
const char *nearest_word(const char *misspelt, const char *const known[],
			 size_t n);

/* The tables as text for people (`tocsin help config`) and as a man page's
 * mdoc(7) list. */
void config_describe(const struct settings tables[], size_t n, struct buf *out);
void config_describe_mdoc(const struct settings tables[], size_t n,
			  struct buf *out);

#endif
