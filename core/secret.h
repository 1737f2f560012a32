/* secret.h - a secret from the configuration, a file or the environment
 *
 * A secret setting `x` may be written as text, as "${NAME}" (the whole value;
 * taken from the environment), or as `x_file`, the path of a file whose first
 * line it is. It is never logged and never printed: who holds one clears it
 * with secret_release. Loop thread only. */
#ifndef TOCSIN_CORE_SECRET_H
#define TOCSIN_CORE_SECRET_H

#include "core/config.h"

/* Rows for both must be in the config's tables. *out is the caller's (empty
 * text if neither is set). Errors (ERROR_CONFIG) name the setting, never the
 * value. */
MUST_CHECK bool secret_read(const struct config *c, const char *path,
			    const char *path_file, char **out,
			    struct error *err);
/* Can it be read here and now? If not, that becomes a problem at the setting's
 * place. */
void secret_check(const struct config *c, const char *path,
		  const char *path_file, struct problems *problems);
/* A value that may be "${NAME}": *out is what the variable holds, or a copy of
 * the text; the caller's. False (ERROR_CONFIG): the variable is not set or
 * empty; the error begins with `setting`. */
MUST_CHECK bool secret_expand(const char *text, const char *setting, char **out,
			      struct error *err);
/* Overwrite, free, set NULL. */
void secret_release(char **secret);

#endif
