/* kafka_watch.c - how old what groups have not read is, asked again and again
 *
 * Owns a thread, which owns a librdkafka client for each question. What both
 * threads touch is under the lock: the answers and the wish to stop. The thread
 * writes a descriptor when there are new answers. */
#include "core/kafka_watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/kafka_internal.h"

enum { ANSWER_MS = 3000 };

/* What a group has committed is asked by a client of that group, which never
 * joins it: librdkafka 2.0's ListConsumerGroupOffsets crashes while the brokers
 * have no coordinator for the group yet. */
struct asker {
	rd_kafka_t *rk; /* opened by the first question */
	struct kafka_trouble trouble;
};

struct kafka_watch {
	struct kafka_watch_config config;
	struct kafka_question *question;
	/* the thread's */
	struct asker *asker; /* one a question */
	pthread_t thread;
	bool started;
	int fd;
	struct loop_fd *watch;
	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	struct kafka_answer *answer;
};

/* ---- the thread ---- */

static bool refuse(rd_kafka_resp_err_t code, const char *topic,
		   struct error *err)
{
	return error_set(err, kafka_error_kind(code),
			 "could not ask the offsets of topic \"%s\": %s", topic,
			 rd_kafka_err2str(code));
}

/* An empty list if the topic is not there. */
static rd_kafka_topic_partition_list_t *
partitions_of(rd_kafka_t *rk, const char *topic, struct error *err)
{
	const struct rd_kafka_metadata *md;
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
	rd_kafka_resp_err_t code;

	if (!t) {
		refuse(rd_kafka_last_error(), topic, err);
		return NULL;
	}
	code = rd_kafka_metadata(rk, 0, t, &md, ANSWER_MS);
	rd_kafka_topic_destroy(t);
	if (code) {
		refuse(code, topic, err);
		return NULL;
	}
	list = rd_kafka_topic_partition_list_new(8);
	for (int i = 0; i < md->topics[0].partition_cnt; i++)
		rd_kafka_topic_partition_list_add(
			list, topic, md->topics[0].partitions[i].id);
	rd_kafka_metadata_destroy(md);
	return list;
}

int64_t kafka_question_count(const struct kafka_question *q, int64_t low,
			     int64_t high, int64_t young, int64_t committed)
{
	if (young < 0 || young > high)
		young = high;
	if (!q->group)
		return high - young;
	if (committed < 0)
		return 0;
	if (committed < low)
		committed = low;
	return committed < young ? young - committed : 0;
}

/* One partition: `at` is its first record that is young enough. */
static rd_kafka_resp_err_t count(rd_kafka_t *rk, const struct kafka_question *q,
				 const rd_kafka_topic_partition_t *at,
				 int64_t committed, struct kafka_answer *out)
{
	int64_t low, high, records;
	rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
		rk, at->topic, at->partition, &low, &high, ANSWER_MS);

	if (code)
		return code;
	records = kafka_question_count(q, low, high, at->offset, committed);
	out->partitions += records > 0;
	out->records += records;
	return code;
}

static rd_kafka_resp_err_t first_error(const rd_kafka_topic_partition_list_t *l)
{
	for (int i = 0; i < l->cnt; i++)
		if (l->elems[i].err)
			return l->elems[i].err;
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t ask_list(rd_kafka_t *rk,
				    const struct kafka_question *q,
				    rd_kafka_topic_partition_list_t *list,
				    struct kafka_answer *out)
{
	rd_kafka_topic_partition_list_t *at =
		rd_kafka_topic_partition_list_copy(list);
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

	for (int i = 0; i < at->cnt; i++) {
		at->elems[i].offset = clock_wall_ms() - q->age_ms;
		list->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
	}
	if (at->cnt > 0)
		code = rd_kafka_offsets_for_times(rk, at, ANSWER_MS);
	if (!code && q->group && at->cnt > 0)
		code = rd_kafka_committed(rk, list, ANSWER_MS);
	if (!code)
		code = first_error(at);
	if (!code)
		code = first_error(list);
	for (int i = 0; !code && i < at->cnt; i++)
		code = count(rk, q, &at->elems[i], list->elems[i].offset, out);
	rd_kafka_topic_partition_list_destroy(at);
	return code;
}

static void open_asker(struct kafka_watch *w, struct asker *a,
		       const struct kafka_question *q, struct error *err)
{
	const struct kafka_property group = { "group.id", q->group };

	a->rk = kafka_open_client(&w->config.options, &group, q->group ? 1 : 0,
				  &a->trouble, err);
}

static void ask(struct kafka_watch *w, size_t i, struct kafka_answer *out)
{
	const struct kafka_question *q = &w->question[i];
	struct asker *a = &w->asker[i];
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t code;

	*out = (struct kafka_answer){ 0 };
	if (!a->rk)
		open_asker(w, a, q, &out->err);
	if (!a->rk)
		return;
	rd_kafka_poll(a->rk, 0);
	list = partitions_of(a->rk, q->topic, &out->err);
	if (!list)
		return;
	code = ask_list(a->rk, q, list, out);
	rd_kafka_topic_partition_list_destroy(list);
	out->known = !code;
	if (code)
		refuse(code, q->topic, &out->err);
}

/* False: it is to stop. */
static bool pause_until_next(struct kafka_watch *w)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += w->config.every_ms / 1000;
	pthread_mutex_lock(&w->lock);
	while (!w->stop && !pthread_cond_timedwait(&w->wake, &w->lock, &until))
		;
	stop = w->stop;
	pthread_mutex_unlock(&w->lock);
	return !stop;
}

static bool stopping(struct kafka_watch *w)
{
	bool stop;

	pthread_mutex_lock(&w->lock);
	stop = w->stop;
	pthread_mutex_unlock(&w->lock);
	return stop;
}

static void *run(void *arg)
{
	struct kafka_watch *w = arg;
	const uint64_t one = 1;
	struct kafka_answer *answer = xcalloc(w->config.n, sizeof(*answer));

	do {
		for (size_t i = 0; i < w->config.n && !stopping(w); i++)
			ask(w, i, &answer[i]);
		pthread_mutex_lock(&w->lock);
		memcpy(w->answer, answer, w->config.n * sizeof(*answer));
		pthread_mutex_unlock(&w->lock);
		(void)!write(w->fd, &one, sizeof(one));
	} while (pause_until_next(w));
	for (size_t i = 0; i < w->config.n; i++)
		if (w->asker[i].rk)
			rd_kafka_destroy(w->asker[i].rk);
	free(answer);
	return NULL;
}

/* ---- the loop ---- */

static void hand_over(void *arg, unsigned events)
{
	struct kafka_watch *w = arg;
	struct kafka_answer *answer = xcalloc(w->config.n, sizeof(*answer));
	uint64_t rounds;

	(void)events;
	(void)!read(w->fd, &rounds, sizeof(rounds));
	pthread_mutex_lock(&w->lock);
	memcpy(answer, w->answer, w->config.n * sizeof(*answer));
	pthread_mutex_unlock(&w->lock);
	w->config.answered(w->config.arg, answer);
	free(answer);
}

static bool start(struct kafka_watch *w, struct loop *loop, struct error *err)
{
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		return error_set(err, ERROR_FATAL,
				 "could not make a descriptor to wake by");
	w->watch = loop_fd_open(loop, w->fd, LOOP_READABLE, hand_over, w, err);
	if (!w->watch)
		return false;
	if (pthread_create(&w->thread, NULL, run, w))
		return error_set(err, ERROR_FATAL, "could not start a thread");
	w->started = true;
	return true;
}

struct kafka_watch *kafka_watch_open(struct loop *loop,
				     const struct kafka_watch_config *config,
				     struct error *err)
{
	struct kafka_watch *w = xcalloc(1, sizeof(*w));

	w->config = *config;
	w->question = xcalloc(config->n, sizeof(*w->question));
	memcpy(w->question, config->questions,
	       config->n * sizeof(*w->question));
	w->answer = xcalloc(config->n, sizeof(*w->answer));
	w->asker = xcalloc(config->n, sizeof(*w->asker));
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	if (start(w, loop, err))
		return w;
	kafka_watch_close(w);
	return NULL;
}

void kafka_watch_close(struct kafka_watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (w->started)
		pthread_join(w->thread, NULL);
	loop_fd_close(w->watch);
	if (w->fd >= 0)
		close(w->fd);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w->question);
	free(w->answer);
	free(w->asker);
	free(w);
}
