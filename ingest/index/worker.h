/* worker.h - the state of the index daemon, shared by the files that drive it:
 * index.c (life), intake.c (records in), rebalance.c (offsets out), report.c
 * (what people see)
 *
 * Loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_WORKER_H
#define TOCSIN_INGEST_INDEX_WORKER_H

#include "core/backoff.h"
#include "core/status.h"
#include "ingest/index/account.h"
#include "ingest/index/dead.h"
#include "ingest/index/mapping_check.h"
#include "ingest/index/options.h"
#include "ingest/index/index.h"
#include "ingest/index/partitions.h"
#include "ingest/index/range.h"
#include "ingest/index/sender.h"
#include "ingest/index/template.h"

/* What is read from Kafka. Events and alerts are a group each: the only
 * partition of alerts in the group of events would count in its sharing out as
 * much as one of events. */
struct feed {
	struct worker *worker;
	struct kafka_consumer *consumer; /* NULL: not read (a range) */
	struct loop_timer *revoke_timer;
	bool revoking; /* Kafka waits for kafka_consumer_revoke_done */
};

enum { FEED_LOGS, FEED_ALERTS, FEEDS };

struct worker {
	const struct config *config;
	struct options options;
	struct loop *loop;
	struct metrics *metrics;
	struct account account;
	struct status *status;
	struct elastic *elastic;
	struct feed feed[FEEDS];
	struct sender *sender;
	struct dead *dead;
	struct buf logs_topic, alerts_topic;

	/* intake.c */
	struct scanner *scanner;
	struct query *query; /* what is indexed; NULL: everything */
	bool to_stream;      /* events go to a data stream, named `stream` */
	char stream[TEMPLATE_NAME_BYTES];
	struct buf mended, scratch, index, id; /* for one record */
	struct batch *collecting;              /* NULL: nothing collected */
	struct loop_timer *age_timer;
	size_t held_bytes; /* records and bodies under way */

	/* rebalance.c */
	struct partitions partitions;

	/* index.c */
	struct template_task *template_task;
	enum template_kind template_kind; /* looked at, or the last one */
	struct loop_timer *template_timer;
	struct backoff template_backoff;
	struct trouble template_trouble;
	bool template_ready; /* before that, nothing is indexed */
	struct mapping_check *mapping_check; /* NULL: templates first */
	struct loop_timer *topics_timer;
	struct backoff topics_backoff;
	struct trouble topics_trouble;
	bool topics_ready; /* before that, nothing is read */
	struct loop_timer *stop_timer;
	bool stopping;
	bool closing; /* nothing more is waited for */
	bool failed;  /* fatal says why */
	struct error fatal;

	/* index_reload.c */
	const struct index_reload *reload; /* NULL: a range */

	/* index_range.c */
	const struct index_range *wanted; /* NULL: the daemon */
	struct range range;

	/* report.c */
	struct loop_timer *watch_timer;
	struct trouble kafka_trouble;
	size_t told_conflicts[2]; /* by template_kind */
	int64_t told_ms; /* monotonic: of the last line about being blocked */
	bool told;
};

/* intake.c */

/* kafka_consumer_config.record and .batch_end; arg is the feed. */
void intake_record(void *arg, const struct kafka_record *r);
void intake_batch_end(void *arg);
/* Hand what was collected to the sender. */
void intake_flush(void *arg);
/* Flush if Elasticsearch has nothing to do. */
void intake_flush_if_eager(struct worker *w);
/* dead_owner.shorten; arg is the worker. An event becomes what would have been
 * indexed, so a replay loses nothing; of anything else the beginning is left.
 */
void intake_shorten(void *arg, const struct kafka_record *r, struct buf *out);
/* Return what was collected for partitions that are leaving. */
void intake_drop_leaving(struct worker *w);

/* rebalance.c */

/* kafka_consumer_config.assigned and .revoked; arg is the feed. */
void rebalance_assigned(void *arg, struct kafka_partition parts[], size_t n);
void rebalance_revoked(void *arg, const struct kafka_partition parts[],
		       size_t n, bool lost);
/* The time to finish was over: what is not, is returned. arg is the feed. */
void rebalance_deadline(void *arg);
/* The feed that a topic belongs to. */
struct feed *rebalance_feed(struct worker *w, const char *topic);
/* Not ours any more: its items are counted as returned, now. */
void rebalance_give_up(struct worker *w, struct partition *p);
/* All partitions are to be drained, for a stop without hope. */
void rebalance_leave_all(struct worker *w);
/* Hand over the offsets that have become final, and finish a revocation if
 * nothing holds it up any more. */
void rebalance_settle(struct worker *w);

/* An item has come to its end: count it, free it. `finished`: its offset is
 * done with; false: it will be read again. */
void worker_end(struct worker *w, struct item *item, struct metric *counter,
		bool finished);
/* An item will never be taken: log it, and on to the dead letters. */
void worker_bury(struct worker *w, struct item *item,
		 const struct death *death);
/* After anything that may have changed what is under way: store offsets,
 * finish a revocation or a stop, pause or resume reading. */
void worker_steer(struct worker *w);

/* index_reload.c */

/* *out: index.query, NULL if it is everything. */
MUST_CHECK bool index_read_query(const struct config *c, struct query **out,
				 struct error *err);
/* Read the configuration again: all of it, or the old one stays. */
void index_reload(struct worker *w);

/* index_range.c */

/* Read the wanted range and nothing else. */
MUST_CHECK bool index_range_begin(struct worker *w, struct error *err);
/* Show how far it is, if somebody looks. */
void index_range_tell(const struct worker *w);

/* report.c */

bool report_ready(void *arg, struct buf *why);
void report_describe(void *arg, struct buf *json);
/* metrics_on_render */
void report_refresh(void *arg);
/* Each second: say when Elasticsearch stops and starts taking documents. */
void report_watch(void *arg);
/* How the live mappings differ from ours; said when it changes. */
void report_mapping(void *arg, enum template_kind kind,
		    const struct mapping_conflicts *conflicts);
/* What holds documents up the longest. */
const struct trouble *report_trouble(const struct worker *w);

#endif
