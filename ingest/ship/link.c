/* link.c - the link by which a service's output file is taken
 *
 * A link that is not there is made by symlink(2), which replaces nothing; one
 * that points elsewhere is replaced by rename(2) from a name of our own.
 *
 * Any thread. */
#include "ingest/ship/link.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".structoutv1"

static bool has_suffix(struct str text, struct str suffix)
{
	return text.n >= suffix.n &&
	       memcmp(text.s + text.n - suffix.n, suffix.s, suffix.n) == 0;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_usable(const char *file, struct error *err)
{
	const char *name = name_of(file);
	const char *why = NULL;
	struct stat st;

	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		why = "it names no file";
	else if (has_suffix(str_of(name), STR(SUFFIX)))
		why = "it ends in " SUFFIX " already";
	else if (stat(file, &st) == 0 && S_ISDIR(st.st_mode))
		why = "it is a folder";
	if (why)
		return error_set(err, ERROR_USAGE, "could not link \"%s\": %s",
				 file, why);
	return true;
}

static bool refuse(const char *link, struct error *err)
{
	return error_set(err, ERROR_REJECT, "could not make \"%s\": %s", link,
			 strerror(errno));
}

/* What stands at `link` is a link, to `target` or not (*same). */
static bool read_link(const char *link, const char *target, bool *same,
		      struct error *err)
{
	char old[PATH_MAX];
	ssize_t n = readlink(link, old, sizeof(old));

	if (n < 0 && errno == EINVAL)
		return error_set(err, ERROR_REJECT,
				 "could not make \"%s\": something that is no "
				 "link has this name",
				 link);
	if (n < 0)
		return refuse(link, err);
	*same = str_equal(str_slice(old, (size_t)n), str_of(target));
	return true;
}

static bool replace(const char *link, const char *target, struct error *err)
{
	AUTO(buf_release) struct buf new = { 0 };

	/* One name a process: what a killed one left is replaced. */
	buf_add_format(&new, "%s.new%ld", link, (long)getpid());
	if (symlink(target, buf_text(&new)) != 0 &&
	    (errno != EEXIST || unlink(buf_text(&new)) != 0 ||
	     symlink(target, buf_text(&new)) != 0))
		return refuse(link, err);
	if (rename(buf_text(&new), link) != 0) {
		refuse(link, err);
		unlink(buf_text(&new));
		return false;
	}
	return true;
}

bool link_make(const char *file, enum link_result *result, struct buf *link,
	       struct error *err)
{
	const char *path;
	bool same = false;

	if (!is_usable(file, err))
		return false;
	buf_add_format(link, "%s%s", file, SUFFIX);
	path = buf_text(link);
	if (symlink(name_of(file), path) == 0) {
		*result = LINK_MADE;
		return true;
	}
	if (errno != EEXIST)
		return refuse(path, err);
	if (!read_link(path, name_of(file), &same, err))
		return false;
	*result = same ? LINK_THERE : LINK_REDIRECTED;
	return same || replace(path, name_of(file), err);
}
