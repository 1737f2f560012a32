/* ship_reload.c - the settings that steer a running ship, and SIGHUP
 *
 * Owns the configuration that was read again. Loop thread. */
#include "core/log.h"
#include "ingest/ship/masks.h"
#include "ingest/ship/ship_private.h"

static bool read_trees(const struct config *c, struct fields *fields,
		       struct mask **mask, struct error *err)
{
	return fields_read(fields, config_tree(c, "ship.fields"), err) &&
	       masks_read(config_tree(c, "ship.mask"), mask, err);
}

bool ship_read_trees(struct ship *s, struct error *err)
{
	return read_trees(s->config, &s->fields, &s->mask, err);
}

void ship_apply(struct ship *s)
{
	const struct config *c = s->live;

	s->publisher.mask = s->mask;
	s->publisher.mending = (struct mend_context){
		.host = s->fields.host.n ? s->fields.host
					 : buf_str(&s->host_address),
		.unparsed_level = (enum event_level)(
			LEVEL_DEBUG + config_choice(c, "ship.level")),
		.max_event_bytes =
			(size_t)config_int(s->config, "max_event_bytes") -
			s->fields.bytes,
	};
	s->assembler.rules.foreign = config_bool(c, "ship.join");
	s->assembler.rules.wait_ms = config_int(c, "ship.join_wait");
	s->files.close_after_ms = config_int(c, "ship.close_after");
	s->files.hold_deleted_ms = config_int(c, "ship.hold_deleted");
	s->files.rotated_within_ms = config_int(c, "ship.rotated_within");
	discover_change(s->discover, config_strings(c, "ship.paths"),
			config_strings(c, "ship.exclude"));
}

/* The new configuration will do, also beside what stays of the old one. */
static bool accept(const struct ship *s, const struct config *c,
		   struct fields *fields, struct mask **mask, struct error *err)
{
	if (!ship_check_settings(c, err) || !read_trees(c, fields, mask, err))
		return false;
	if ((int64_t)fields->bytes + EVENT_BYTES_MIN >
	    config_int(s->config, "max_event_bytes"))
		return error_set(err, ERROR_CONFIG,
				 "ship.fields is too long for the "
				 "max_event_bytes that is in force");
	return true;
}

static void tell(void *arg, const char *path)
{
	(void)arg;
	log_warn("a changed setting needs a restart", KV_TEXT("setting", path));
}

bool ship_reload(struct ship *s)
{
	struct config *c = s->reload->read(s->reload->arg);
	struct fields fields = { 0 };
	struct mask *mask = NULL;
	struct error err = { .text = "see the messages before" };

	if (!c || !accept(s, c, &fields, &mask, &err)) {
		log_error("configuration refused, the old one stays",
			  KV_TEXT("error", err.text));
		fields_release(&fields);
		mask_close(mask);
		config_close(c);
		return false;
	}
	fields_release(&s->fields);
	mask_close(s->mask);
	s->fields = fields;
	s->mask = mask;
	s->live = c;
	ship_apply(s);
	config_close(s->reloaded);
	s->reloaded = c;
	log_info("configuration read again");
	config_needs_restart(s->config, c, LIVE_IN_SHIP, tell, NULL);
	return true;
}
