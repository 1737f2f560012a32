/* message.c - what a receiver is told
 *
 * Pure; any thread. */
#include "alert/notify/message.h"

#include "event/time.h"

void message_common(const struct message *m, bool annotations,
		    struct labels *out)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct labels *l = annotations ? m->alert[i].annotations
						     : m->alert[i].labels;

		if (i == 0)
			labels_copy(out, l);
		else
			labels_intersect(out, l);
	}
}

void message_add_time(int64_t ms, struct buf *out)
{
	char text[TIME_TEXT_BYTES];
	size_t n = time_format(ms * 1000000, 3, text);

	buf_add(out, str_slice(text, n));
}
