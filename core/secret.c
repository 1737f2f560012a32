/* secret.c - a secret from the configuration, a file or the environment
 *
 * Owns nothing; loop thread. */
#include "core/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECRET_LIMIT = 64 * 1024 };

static bool read_file(const char *path, const char *setting, char **out,
		      struct error *err)
{
	FILE *file = fopen(path, "re");
	struct buf text = { 0 };
	char *room;
	struct str line;
	size_t n;

	if (!file)
		return error_set(err, ERROR_CONFIG,
				 "%s: could not open '%s': %s", setting, path,
				 strerror(errno));
	room = buf_room(&text, SECRET_LIMIT);
	n = fread(room, 1, SECRET_LIMIT, file);
	fclose(file);
	line = str_slice(room, n);
	for (size_t i = 0; i < n; i++)
		if (room[i] == '\n')
			line = str_slice(room, i < line.n ? i : line.n);
	line = str_trim(line);
	if (line.n > 0)
		*out = str_dup(line);
	explicit_bzero(room, n);
	buf_release(&text);
	if (line.n == 0)
		return error_set(err, ERROR_CONFIG,
				 "%s: the first line of '%s' is empty", setting,
				 path);
	return true;
}

/* "${NAME}" and nothing else. */
static bool is_variable(const char *text)
{
	size_t n = strlen(text);

	return n > 3 && text[0] == '$' && text[1] == '{' && text[n - 1] == '}';
}

static bool read_variable(const char *text, const char *setting, char **out,
			  struct error *err)
{
	char *name = str_dup(str_slice(text + 2, strlen(text) - 3));
	const char *value = getenv(name);

	if (value && value[0] != '\0')
		*out = xstrdup(value);
	else
		error_set(err, ERROR_CONFIG,
			  "%s: the environment variable '%s' is not set",
			  setting, name);
	free(name);
	return value && value[0] != '\0';
}

bool secret_expand(const char *text, const char *setting, char **out,
		   struct error *err)
{
	if (is_variable(text))
		return read_variable(text, setting, out, err);
	*out = xstrdup(text);
	return true;
}

bool secret_read(const struct config *c, const char *path,
		 const char *path_file, char **out, struct error *err)
{
	const char *text = config_string(c, path);
	const char *file = config_string(c, path_file);

	if (text[0] != '\0' && file[0] != '\0')
		return error_set(err, ERROR_CONFIG,
				 "'%s' and '%s' are both set: keep one", path,
				 path_file);
	if (file[0] != '\0')
		return read_file(file, path_file, out, err);
	return secret_expand(text, path, out, err);
}

void secret_check(const struct config *c, const char *path,
		  const char *path_file, struct problems *problems)
{
	const struct conf *node = config_node(c, path_file);
	AUTO(secret_release) char *secret = NULL;
	struct error err;

	if (!node)
		node = config_node(c, path);
	if (node && !secret_read(c, path, path_file, &secret, &err))
		problems_at(problems, PROBLEM_ERROR, node, "%s", err.text);
}

void secret_release(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}
