/* partitions.h - the partitions that this worker reads, each as long as it is
 * assigned
 *
 * A partition that is given up and comes back is another object: an answer to
 * a request of before finds the old one, which is marked as given up, and can
 * neither finish a record nor move an offset of the new one.
 *
 * Loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_PARTITIONS_H
#define TOCSIN_INGEST_INDEX_PARTITIONS_H

#include "ingest/index/offsets.h"

struct partition {
	char *topic;
	int32_t number;
	struct offsets offsets;
	size_t items;      /* records under way, anywhere in this worker */
	int64_t stored;    /* offset last handed to Kafka; -1 */
	bool leaving;      /* revoked: nothing new is sent for it */
	bool given_up;     /* not ours any more: its items count as returned */
	size_t references; /* private */
};

struct partitions {
	struct partition **item;
	size_t n, cap;
};

void partitions_release(struct partitions *ps);

/* NULL if it is not assigned. */
struct partition *partitions_find(const struct partitions *ps,
				  const char *topic, int32_t number);
/* It is assigned now; one of that name that is there already is given up. */
struct partition *partitions_add(struct partitions *ps, const char *topic,
				 int32_t number);
/* It is given up: out of the table, and gone with its last item. Accounting
 * for its items is the caller's. */
void partitions_give_up(struct partitions *ps, struct partition *p);

/* One more or one less item points to it. */
void partition_hold(struct partition *p);
void partition_let_go(struct partition *p);

#endif
