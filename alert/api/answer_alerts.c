/* answer_alerts.c - alerts over HTTP, one by one and in the routes' groups
 *
 * Pure; loop thread. */
#include "alert/api/answer_internal.h"

#include <stdlib.h>

#include "alert/notify/message.h"
#include "event/regex.h"

/* Alertmanager's clients want to know when an alert would end if nobody said
 * it still fires: so long after now. */
#define ENDS_AFTER_MS INT64_C(300000)

/* What was asked for. */
struct wish {
	bool active, silenced, inhibited;
	struct matchers filter;
	struct regex *receiver; /* NULL: any */
};

/* Of one alert. */
struct fate {
	const struct silence **silence;
	size_t n_silences, cap;
	const char *inhibitor; /* id; NULL: none */
};

static bool read_flag(const struct status_request *r, const char *name,
		      bool *out, struct error *err)
{
	const char *text = status_argument(r, name);

	*out = !text || strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	if (*out || strcmp(text, "false") == 0 || strcmp(text, "0") == 0)
		return true;
	return error_set(err, ERROR_REJECT,
			 "\"%s\" must be true or false, not \"%s\"", name,
			 text);
}

static void wish_release(struct wish *w)
{
	matchers_release(&w->filter);
	regex_close(w->receiver);
}

static bool read_wish(const struct status_request *r, struct wish *out,
		      struct error *err)
{
	const char *receiver = status_argument(r, "receiver");

	*out = (struct wish){ 0 };
	if (!read_flag(r, "active", &out->active, err) ||
	    !read_flag(r, "silenced", &out->silenced, err) ||
	    !read_flag(r, "inhibited", &out->inhibited, err) ||
	    !answer_filters(r, &out->filter, err))
		return false;
	if (receiver && *receiver) {
		out->receiver = regex_open(str_of(receiver), err);
		return out->receiver != NULL;
	}
	return true;
}

/* ---- one alert ---- */

static void find_fate(const struct answer_source *s, const struct view_alert *a,
		      struct fate *out)
{
	struct map_entry e;

	*out = (struct fate){ 0 };
	map_for_each (&s->silences->by_id, e) {
		const struct silence *silence = e.value;

		if (silence_state(silence, s->wall_ms) == SILENCE_ACTIVE &&
		    matchers_hold(&silence->matchers, &a->labels))
			*ARRAY_PUSH(out->silence, out->n_silences, out->cap) =
				silence;
	}
	out->inhibitor = inhibit_find(s->policy->inhibit, &a->labels);
}

static bool is_wanted(const struct wish *w, const struct view_alert *a,
		      const struct fate *f)
{
	if (!matchers_hold(&w->filter, &a->labels))
		return false;
	if (!w->active && f->n_silences == 0 && !f->inhibitor)
		return false;
	return (w->silenced || f->n_silences == 0) &&
	       (w->inhibited || !f->inhibitor);
}

struct receivers_list {
	struct labels names; /* name -> "": sorted, each once */
	const struct regex *wanted;
	bool any; /* one of them is wanted */
};

static void take_receiver(void *arg, const struct route *node)
{
	struct receivers_list *list = arg;

	labels_set(&list->names, str_of(node->receiver), STR(""));
	if (!list->wanted ||
	    regex_matches(list->wanted, str_of(node->receiver)))
		list->any = true;
}

static void add_receivers(const struct receivers_list *list, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < list->names.n; i++) {
		buf_add_text(out, i ? ",{\"name\":" : "{\"name\":");
		buf_add_json_string(out, str_of(list->names.item[i].name));
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

static void add_holders(const struct fate *f, struct buf *out)
{
	buf_add_text(out, "\"inhibitedBy\":[");
	if (f->inhibitor)
		buf_add_json_string(out, str_of(f->inhibitor));
	buf_add_text(out, "],\"silencedBy\":[");
	for (size_t i = 0; i < f->n_silences; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		buf_add_json_string(out, str_of(f->silence[i]->id));
	}
	buf_add_char(out, ']');
}

static void add_time(struct buf *out, const char *name, int64_t ms)
{
	buf_add_format(out, ",\"%s\":\"", name);
	message_add_time(ms, out);
	buf_add_char(out, '"');
}

static void add_alert(const struct answer_source *s, const struct view_alert *a,
		      const struct fate *f, const struct receivers_list *list,
		      struct buf *out)
{
	bool held = f->n_silences > 0 || f->inhibitor;

	buf_add_format(out, "{\"fingerprint\":\"%s\",\"labels\":", a->t.id);
	labels_json(&a->labels, out);
	buf_add_text(out, ",\"annotations\":");
	labels_json(&a->annotations, out);
	add_time(out, "startsAt", a->t.starts_at_ms);
	add_time(out, "updatedAt", a->wall_ms);
	add_time(out, "endsAt", s->wall_ms + ENDS_AFTER_MS);
	buf_add_text(out, ",\"receivers\":");
	add_receivers(list, out);
	buf_add_format(out, ",\"status\":{\"state\":\"%s\",",
		       held ? "suppressed" : "active");
	add_holders(f, out);
	buf_add_text(out, "}}");
}

/* ---- all of them ---- */

/* Calls each() for every alert that is wanted and goes to a receiver that is;
 * one without any receiver only if none was asked for. */
static int walk(const struct answer_source *s, const struct status_request *r,
		struct buf *body,
		void (*each)(void *arg, const struct view_alert *a,
			     const struct fate *f,
			     const struct receivers_list *list),
		void *arg)
{
	const struct view_alert **alert;
	struct error err;
	struct wish wish;
	size_t n;

	if (!read_wish(r, &wish, &err)) {
		wish_release(&wish);
		return answer_refuse(body, HTTP_BAD_REQUEST, err.text);
	}
	alert = view_sorted(s->view, &n);
	for (size_t i = 0; i < n; i++) {
		struct receivers_list list = { .wanted = wish.receiver };
		struct fate fate;

		find_fate(s, alert[i], &fate);
		policy_route(s->policy, &alert[i]->t.receivers,
			     &alert[i]->labels, take_receiver, &list);
		if (is_wanted(&wish, alert[i], &fate) &&
		    (list.any || !wish.receiver))
			each(arg, alert[i], &fate, &list);
		labels_release(&list.names);
		free(fate.silence);
	}
	free(alert);
	wish_release(&wish);
	return HTTP_OK;
}

struct list {
	const struct answer_source *source;
	struct buf *out;
	size_t n;
};

static void list_alert(void *arg, const struct view_alert *a,
		       const struct fate *f, const struct receivers_list *names)
{
	struct list *l = arg;

	if (l->n++ > 0)
		buf_add_char(l->out, ',');
	add_alert(l->source, a, f, names, l->out);
}

int answer_alerts(const struct answer_source *s, const struct status_request *r,
		  struct buf *body)
{
	struct list list = { s, body, 0 };
	int code;

	buf_add_char(body, '[');
	code = walk(s, r, body, list_alert, &list);
	if (code == HTTP_OK)
		buf_add_text(body, "]\n");
	return code;
}

static void list_transition(void *arg, const struct view_alert *a,
			    const struct fate *f,
			    const struct receivers_list *names)
{
	struct list *l = arg;

	if (l->n++ > 0)
		buf_add_char(l->out, ',');
	buf_add_text(l->out, "{\"alert\":");
	transition_encode(&a->t, l->out);
	buf_add_text(l->out, ",\"receivers\":");
	add_receivers(names, l->out);
	buf_add_char(l->out, ',');
	add_holders(f, l->out);
	buf_add_char(l->out, '}');
}

int answer_transitions(const struct answer_source *s,
		       const struct status_request *r, struct buf *body)
{
	struct list list = { s, body, 0 };
	int code;

	buf_add_char(body, '[');
	code = walk(s, r, body, list_transition, &list);
	if (code == HTTP_OK)
		buf_add_text(body, "]\n");
	return code;
}

/* ---- groups ---- */

struct group {
	char *receiver;
	struct labels labels;
	struct buf alerts;
};

struct groups {
	const struct answer_source *source;
	struct map by_key;
	struct group **group; /* in the order of their first alerts */
	size_t n, cap;
	/* While an alert finds its groups. */
	const struct view_alert *alert;
	const struct fate *fate;
	const struct receivers_list *names;
};

static struct group *group_of(struct groups *all, const struct route *node)
{
	struct buf AUTO(buf_release) key = { 0 };
	struct labels labels = { 0 };
	struct group *g;

	route_group(node, &all->alert->labels, &labels);
	buf_add_format(&key, "%s:%s:", node->receiver, node->key);
	labels_text(&labels, &key);
	g = map_get(&all->by_key, buf_str(&key));
	if (g) {
		labels_release(&labels);
		return g;
	}
	g = xcalloc(1, sizeof(*g));
	g->receiver = xstrdup(node->receiver);
	g->labels = labels;
	map_set(&all->by_key, buf_str(&key), g);
	*ARRAY_PUSH(all->group, all->n, all->cap) = g;
	return g;
}

static void join_group(void *arg, const struct route *node)
{
	struct groups *all = arg;
	struct group *g;

	if (all->names->wanted &&
	    !regex_matches(all->names->wanted, str_of(node->receiver)))
		return;
	g = group_of(all, node);
	buf_add_char(&g->alerts, g->alerts.n ? ',' : '[');
	add_alert(all->source, all->alert, all->fate, all->names, &g->alerts);
}

static void group_alert(void *arg, const struct view_alert *a,
			const struct fate *f,
			const struct receivers_list *names)
{
	struct groups *all = arg;

	all->alert = a;
	all->fate = f;
	all->names = names;
	policy_route(all->source->policy, &a->t.receivers, &a->labels,
		     join_group, all);
}

static void add_group(const struct group *g, struct buf *out)
{
	buf_add_text(out, "{\"receiver\":{\"name\":");
	buf_add_json_string(out, str_of(g->receiver));
	buf_add_text(out, "},\"labels\":");
	labels_json(&g->labels, out);
	buf_add_text(out, ",\"alerts\":");
	buf_add(out, buf_str(&g->alerts));
	buf_add_text(out, "]}");
}

int answer_groups(const struct answer_source *s, const struct status_request *r,
		  struct buf *body)
{
	struct groups all = { .source = s };
	int code = walk(s, r, body, group_alert, &all);

	if (code == HTTP_OK)
		buf_add_char(body, '[');
	for (size_t i = 0; i < all.n; i++) {
		if (i > 0)
			buf_add_char(body, ',');
		add_group(all.group[i], body);
		labels_release(&all.group[i]->labels);
		buf_release(&all.group[i]->alerts);
		free(all.group[i]->receiver);
		free(all.group[i]);
	}
	if (code == HTTP_OK)
		buf_add_text(body, "]\n");
	free(all.group);
	map_release(&all.by_key, NULL);
	return code;
}
