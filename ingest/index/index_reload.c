/* index_reload.c - SIGHUP: the settings that a running index takes anew
 *
 * Loop thread only. */
#include "core/log.h"
#include "ingest/index/worker.h"

bool index_read_query(const struct config *c, struct query **out,
		      struct error *err)
{
	bool everything = strcmp(config_string(c, "index.query"), "*") == 0;

	*out = everything ? NULL : options_open_query(c, err);
	return everything || *out;
}

/* Nothing of `c` is kept: the slices in struct options stay the old ones. */
static bool take(struct worker *w, const struct config *c, struct error *err)
{
	struct options options;
	struct query *query;

	if (!options_read(c, &options, err) ||
	    !index_read_query(c, &query, err))
		return false;
	query_free(w->query);
	w->query = query;
	w->options.bulk_events = options.bulk_events;
	w->options.bulk_age_ms = options.bulk_age_ms;
	w->options.buffer_bytes = options.buffer_bytes;
	return true;
}

static void tell(void *arg, const char *path)
{
	(void)arg;
	log_warn("a changed setting needs a restart", KV_TEXT("setting", path));
}

void index_reload(struct worker *w)
{
	struct error err = { .text = "see the messages before" };
	struct config *c;

	if (!w->reload)
		return;
	c = w->reload->read(w->reload->arg);
	if (c && take(w, c, &err)) {
		log_info("configuration read again");
		config_needs_restart(w->config, c, LIVE_IN_INDEX, tell, NULL);
	} else {
		log_error("configuration refused, the old one stays",
			  KV_TEXT("error", err.text));
	}
	config_close(c);
	worker_steer(w);
}
