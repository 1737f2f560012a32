/* conf_text.h - a libconfig file and what it includes, as one text
 *
 * libconfig's own @include ends the program when it meets a folder, and names
 * files relative to the first one only. Here each is found relative to the
 * file that includes it, and every line remembers its file and number.
 * Shared by core/conf*.c only. */
#ifndef TOCSIN_CORE_CONF_TEXT_H
#define TOCSIN_CORE_CONF_TEXT_H

#include "core/buf.h"
#include "core/conf.h"

struct conf_line {
	size_t file; /* index of conf_text.file */
	int number;
};

struct conf_text {
	struct buf text;
	struct conf_line *line;
	size_t n_lines, cap_lines;
	char **file;
	size_t n_files, cap_files;
	enum { CONF_IN_CODE, CONF_IN_COMMENT, CONF_IN_STRING } state;
};

/* At most 64 MiB in all, 1000 files, 10 deep. On failure one problem more;
 * release it in any case. A zeroed struct is ready to be filled. */
MUST_CHECK bool conf_text_read_file(struct conf_text *t, const char *path,
				    struct problems *problems);
/* The same from memory; `name` stands for the file, includes are relative to
 * the working folder. */
MUST_CHECK bool conf_text_read(struct conf_text *t, const char *name,
			       struct str text, struct problems *problems);
void conf_text_release(struct conf_text *t);

/* Where a line of the whole text (from 1) stands; the nearest if there is no
 * such line. *file is borrowed from t. */
void conf_text_place(const struct conf_text *t, unsigned line,
		     const char **file, int *number);

#endif
