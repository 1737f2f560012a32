/* silence.c - silences: their life, and all of them
 *
 * Owns the set. Pure but for silence_name; loop thread. */
#include "alert/notify/silence.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void silence_release(struct silence *s)
{
	matchers_release(&s->matchers);
	free(s->author);
	free(s->comment);
	*s = (struct silence){ 0 };
}

void silence_name(struct silence *s)
{
	unsigned char b[16];
	size_t at = 0;

	ENSURE(getrandom(b, sizeof(b), 0) == (ssize_t)sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			s->id[at++] = '-';
		at += (size_t)snprintf(s->id + at, sizeof(s->id) - at, "%02x",
				       b[i]);
	}
}

enum silence_state silence_state(const struct silence *s, int64_t wall_ms)
{
	if (wall_ms >= s->ends_ms)
		return SILENCE_EXPIRED;
	return wall_ms < s->starts_ms ? SILENCE_PENDING : SILENCE_ACTIVE;
}

const char *silence_state_name(enum silence_state state)
{
	static const char *const name[] = { "pending", "active", "expired" };

	return name[state];
}

bool silence_is_asked_for(const struct silence *s,
			  const struct matchers *filter)
{
	struct labels labels = { 0 };
	bool found;

	for (size_t i = 0; i < s->matchers.n; i++)
		labels_set(&labels, str_of(s->matchers.item[i].name),
			   str_of(s->matchers.item[i].value));
	found = matchers_hold(filter, &labels);
	labels_release(&labels);
	return found;
}

bool silence_check(const struct silence *s, int64_t wall_ms, struct error *err)
{
	if (s->matchers.n == 0)
		return error_set(err, ERROR_REJECT,
				 "a silence needs a matcher");
	if (matchers_hold_on_nothing(&s->matchers))
		return error_set(err, ERROR_REJECT,
				 "at least one matcher must not match the "
				 "empty string");
	if (s->ends_ms <= s->starts_ms)
		return error_set(err, ERROR_REJECT,
				 "a silence must end after its start");
	if (s->ends_ms <= wall_ms)
		return error_set(err, ERROR_REJECT,
				 "a silence cannot end in the past");
	if (strlen(s->author) > SILENCE_TEXT_MAX ||
	    strlen(s->comment) > SILENCE_TEXT_MAX)
		return error_set(err, ERROR_REJECT,
				 "author and comment have at most %d bytes",
				 SILENCE_TEXT_MAX);
	return true;
}

/* ---- all of them ---- */

static void free_silence(void *value)
{
	struct silence *s = value;

	silence_release(s);
	free(s);
}

void silences_release(struct silences *all)
{
	map_release(&all->by_id, free_silence);
	*all = (struct silences){ 0 };
}

const struct silence *silences_find(const struct silences *all, const char *id)
{
	return map_get(&all->by_id, str_of(id));
}

bool silences_apply(struct silences *all, struct silence *s)
{
	const struct silence *there = silences_find(all, s->id);
	struct silence *own;

	if (there && there->updated_ms > s->updated_ms) {
		silence_release(s);
		return false;
	}
	own = xmalloc(sizeof(*own));
	*own = *s;
	*s = (struct silence){ 0 };
	own = map_set(&all->by_id, str_of(own->id), own);
	if (own)
		free_silence(own);
	return true;
}

bool silences_remove(struct silences *all, struct str id)
{
	struct silence *s = map_remove(&all->by_id, id);

	if (s)
		free_silence(s);
	return s != NULL;
}

const struct silence *silences_match(const struct silences *all,
				     const struct labels *labels,
				     int64_t wall_ms)
{
	struct map_entry e;

	map_for_each (&all->by_id, e) {
		const struct silence *s = e.value;

		if (silence_state(s, wall_ms) == SILENCE_ACTIVE &&
		    matchers_hold(&s->matchers, labels))
			return s;
	}
	return NULL;
}

int64_t silences_next_change(const struct silences *all, int64_t wall_ms)
{
	int64_t next = INT64_MAX;
	struct map_entry e;

	map_for_each (&all->by_id, e) {
		const struct silence *s = e.value;

		/* One that ends before it starts never holds. */
		if (s->ends_ms <= s->starts_ms)
			continue;
		if (s->starts_ms > wall_ms && s->starts_ms < next)
			next = s->starts_ms;
		if (s->ends_ms > wall_ms && s->ends_ms < next)
			next = s->ends_ms;
	}
	return next;
}

size_t silences_live(const struct silences *all, int64_t wall_ms)
{
	struct map_entry e;
	size_t n = 0;

	map_for_each (&all->by_id, e)
		n += silence_state(e.value, wall_ms) != SILENCE_EXPIRED;
	return n;
}

static int by_end(const void *a, const void *b)
{
	const struct silence *x = *(const struct silence *const *)a;
	const struct silence *y = *(const struct silence *const *)b;

	if (x->ends_ms != y->ends_ms)
		return x->ends_ms < y->ends_ms ? -1 : 1;
	return strcmp(x->id, y->id);
}

const struct silence **silences_sorted(const struct silences *all, size_t *n)
{
	const struct silence **out =
		xcalloc(all->by_id.n, sizeof(const struct silence *));
	struct map_entry e;

	*n = 0;
	map_for_each (&all->by_id, e)
		out[(*n)++] = e.value;
	qsort(out, *n, sizeof(const struct silence *), by_end);
	return out;
}

/* ---- changing ---- */

static void copy(const struct silence *from, struct silence *to)
{
	struct error err;

	*to = (struct silence){ .starts_ms = from->starts_ms,
				.ends_ms = from->ends_ms,
				.updated_ms = from->updated_ms,
				.author = xstrdup(from->author),
				.comment = xstrdup(from->comment) };
	memcpy(to->id, from->id, sizeof(to->id));
	for (size_t i = 0; i < from->matchers.n; i++) {
		const struct matcher *m = &from->matchers.item[i];

		ENSURE(matchers_add(&to->matchers, str_of(m->name),
				    str_of(m->value), m->regex != NULL,
				    m->negative, &err));
	}
}

/* Later than what it replaces, also where clocks differ. */
static int64_t update_time(const struct silence *before, int64_t wall_ms)
{
	return before->updated_ms >= wall_ms ? before->updated_ms + 1 : wall_ms;
}

void silence_end(const struct silence *s, int64_t wall_ms, struct silence *out)
{
	copy(s, out);
	if (silence_state(s, wall_ms) == SILENCE_EXPIRED)
		return;
	out->ends_ms = wall_ms;
	if (out->starts_ms > wall_ms)
		out->starts_ms = wall_ms;
	out->updated_ms = update_time(s, wall_ms);
}

static bool same_second(int64_t a, int64_t b)
{
	return a / 1000 == b / 1000;
}

static bool may_change(const struct silence *old, const struct silence *wanted,
		       int64_t wall_ms)
{
	if (!matchers_equal(&old->matchers, &wanted->matchers))
		return false;
	switch (silence_state(old, wall_ms)) {
	case SILENCE_PENDING: return wanted->starts_ms >= wall_ms;
	case SILENCE_ACTIVE:
		return same_second(old->starts_ms, wanted->starts_ms);
	case SILENCE_EXPIRED: return false;
	}
	return false;
}

static bool make_new(const struct silences *all, const struct silence *old,
		     int64_t wall_ms, struct silence_change *out,
		     struct error *err)
{
	if (out->set.starts_ms < wall_ms)
		out->set.starts_ms = wall_ms;
	if (!silence_check(&out->set, wall_ms, err))
		return false;
	if (silences_live(all, wall_ms) >= SILENCES_MAX)
		return error_set(err, ERROR_REJECT,
				 "there are %d silences already", SILENCES_MAX);
	silence_name(&out->set);
	out->set.updated_ms = wall_ms;
	if (old && silence_state(old, wall_ms) != SILENCE_EXPIRED)
		silence_end(old, wall_ms, &out->ended);
	return true;
}

static bool change(const struct silences *all, int64_t wall_ms,
		   struct silence_change *out, struct error *err)
{
	const struct silence *old =
		out->set.id[0] ? silences_find(all, out->set.id) : NULL;

	if (out->set.id[0] && !old)
		return error_set(err, ERROR_USAGE, "there is no silence \"%s\"",
				 out->set.id);
	if (!old || !may_change(old, &out->set, wall_ms))
		return make_new(all, old, wall_ms, out, err);
	if (silence_state(old, wall_ms) == SILENCE_ACTIVE)
		out->set.starts_ms = old->starts_ms;
	out->set.updated_ms = update_time(old, wall_ms);
	return silence_check(&out->set, wall_ms, err);
}

bool silences_change(const struct silences *all, struct silence *wanted,
		     int64_t wall_ms, struct silence_change *out,
		     struct error *err)
{
	*out = (struct silence_change){ .set = *wanted };
	*wanted = (struct silence){ 0 };
	if (change(all, wall_ms, out, err))
		return true;
	silence_release(&out->set);
	silence_release(&out->ended);
	return false;
}
