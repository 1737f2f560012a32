/* conf.c - reads libconfig text into plain nodes
 *
 * libconfig parses, then its tree is copied and thrown away: nothing else in
 * the program sees its types. A file is read here and handed over as text,
 * since libconfig ends the program when it is told to read a folder. Owns
 * nothing after it returns; runs on the caller's thread. */
#include "core/conf.h"

#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/buf.h"

/* The largest rule files in use hold some 10,000 rules of about 1 KiB. */
#define FILE_LIMIT_BYTES ((size_t)64 << 20)
#define DEPTH_LIMIT      64

void conf_free(struct conf *root)
{
	if (!root)
		return;
	for (size_t i = 0; i < root->n; i++)
		conf_free(root->child[i]);
	free(root->child);
	free(root->name);
	free(root->file);
	free(root->text);
	free(root);
}

static struct conf *copy_setting(const config_setting_t *from, const char *file,
				 int depth);

static bool copy_children(struct conf *to, const config_setting_t *from,
			  const char *file, int depth)
{
	int n = config_setting_length(from);

	if (n <= 0)
		return true;
	if (depth >= DEPTH_LIMIT)
		return false;
	to->child = xcalloc((size_t)n, sizeof(*to->child));
	for (int i = 0; i < n; i++) {
		config_setting_t *e =
			config_setting_get_elem(from, (unsigned)i);

		to->child[i] = copy_setting(e, file, depth + 1);
		if (!to->child[i])
			return false;
		to->n++;
	}
	return true;
}

static void copy_scalar(struct conf *to, const config_setting_t *from)
{
	switch (config_setting_type(from)) {
	case CONFIG_TYPE_BOOL:
		to->kind = CONF_BOOL;
		to->flag = config_setting_get_bool(from) != 0;
		break;
	case CONFIG_TYPE_FLOAT:
		to->kind = CONF_REAL;
		to->real = config_setting_get_float(from);
		break;
	case CONFIG_TYPE_STRING:
		to->kind = CONF_STRING;
		to->text = xstrdup(config_setting_get_string(from));
		break;
	default:
		to->kind = CONF_INT;
		to->integer = config_setting_get_int64(from);
		break;
	}
}

/* NULL if it nests too deeply. */
static struct conf *copy_setting(const config_setting_t *from, const char *file,
				 int depth)
{
	struct conf *to = xcalloc(1, sizeof(*to));
	const char *name = config_setting_name(from);
	const char *source = config_setting_source_file(from);

	to->name = name ? xstrdup(name) : NULL;
	to->file = xstrdup(source ? source : file);
	to->line = (int)config_setting_source_line(from);
	if (config_setting_is_aggregate(from)) {
		to->kind =
			config_setting_is_group(from) ? CONF_GROUP : CONF_LIST;
		if (!copy_children(to, from, file, depth)) {
			conf_free(to);
			return NULL;
		}
	} else {
		copy_scalar(to, from);
	}
	return to;
}

static void parse_failed(const config_t *parsed, const char *name,
			 struct problems *problems)
{
	const char *file = config_error_file(parsed);
	const char *reason = config_error_text(parsed);

	problems_add(problems, PROBLEM_ERROR, file ? file : name,
		     config_error_line(parsed), 0, "%s",
		     reason ? reason : "syntax error");
}

static struct conf *parse(const char *name, const char *folder,
			  const char *text, struct problems *problems)
{
	struct conf *root = NULL;
	config_t parsed;

	config_init(&parsed);
	if (folder)
		config_set_include_dir(&parsed, folder);
	if (!config_read_string(&parsed, text)) {
		parse_failed(&parsed, name, problems);
	} else {
		root = copy_setting(config_root_setting(&parsed), name, 0);
		if (!root)
			problems_add(problems, PROBLEM_ERROR, name, 1, 0,
				     "groups and lists nest more than %d deep",
				     DEPTH_LIMIT);
	}
	config_destroy(&parsed);
	return root;
}

static bool read_all(FILE *f, struct buf *out, const char **reason)
{
	struct stat st;

	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		*reason = strerror(EISDIR);
		return false;
	}
	for (;;) {
		char *room = buf_room(out, 65536);
		size_t n;

		if (!room) {
			*reason = "it is over 64 MiB";
			return false;
		}
		n = fread(room, 1, 65536, f);
		out->n += n;
		if (n == 0)
			break;
	}
	*reason = ferror(f) ? strerror(errno) : "it holds a NUL byte";
	return !ferror(f) && !memchr(buf_text(out), '\0', out->n);
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return str_dup(str_slice(path, (size_t)(slash - path) + 1));
}

struct conf *conf_load(const char *path, struct problems *problems)
{
	struct conf *root = NULL;
	const char *reason = NULL;
	struct buf text;
	FILE *f = fopen(path, "re");

	buf_init(&text, FILE_LIMIT_BYTES);
	if (!f)
		reason = strerror(errno);
	else if (read_all(f, &text, &reason))
		reason = NULL;
	if (reason) {
		problems_add(problems, PROBLEM_ERROR, path, 0, 0,
			     "could not read the file: %s", reason);
	} else {
		char *folder = folder_of(path);

		root = parse(path, folder, buf_text(&text), problems);
		free(folder);
	}
	buf_release(&text);
	if (f)
		fclose(f);
	return root;
}

struct conf *conf_read_file(const char *path, struct error *err)
{
	struct problems problems = { 0 };
	struct conf *root = conf_load(path, &problems);

	if (!problems_ok(&problems, err)) {
		conf_free(root);
		root = NULL;
	}
	problems_release(&problems);
	return root;
}

struct conf *conf_read_text(const char *name, const char *text,
			    struct error *err)
{
	struct problems problems = { 0 };
	struct conf *root = parse(name, NULL, text, &problems);

	if (!problems_ok(&problems, err)) {
		conf_free(root);
		root = NULL;
	}
	problems_release(&problems);
	return root;
}

const struct conf *conf_get(const struct conf *group, const char *name)
{
	if (!group || group->kind != CONF_GROUP)
		return NULL;
	for (size_t i = 0; i < group->n; i++) {
		if (strcmp(group->child[i]->name, name) == 0)
			return group->child[i];
	}
	return NULL;
}

const char *conf_kind_name(enum conf_kind kind)
{
	switch (kind) {
	case CONF_BOOL: return "true or false";
	case CONF_INT: return "a whole number";
	case CONF_REAL: return "a number";
	case CONF_STRING: return "a string";
	case CONF_GROUP: return "a group { }";
	case CONF_LIST: return "a list ( )";
	}
	return "nothing";
}
