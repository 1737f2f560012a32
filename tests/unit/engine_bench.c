/* engine_bench.c - see the header */
#include "tests/unit/engine_bench.h"

#include "tests/unit/test_support.h"

#include "alert/match/packed.h"

#define BASE_MS INT64_C(1764000000000)

static void add_value(struct buf *out, const struct alert_value *value)
{
	if (value->kind == ALERT_VALUE_NUMBER)
		buf_add_format(out, "%.6g", value->number);
	else
		buf_add_char(out, '-');
}

static void on_emit(void *arg, const struct transition *t)
{
	struct bench *b = arg;
	struct buf AUTO(buf_release) text = { 0 };
	size_t n = strlen(b->said);

	buf_add_format(&text, "%s%s %s %d ", n ? " " : "",
		       alert_state_name(t->state),
		       t->group.n ? t->group.item[0].value : "-",
		       (int)(t->at_ms - BASE_MS) / 1000);
	add_value(&text, &t->value);
	buf_add_char(&text, '/');
	add_value(&text, &t->reference);
	if (t->reason)
		buf_add_format(&text, " %s", t->reason);
	snprintf(b->said + n, sizeof(b->said) - n, "%s;", buf_text(&text));
	transition_release(&b->last);
	transition_copy(t, &b->last);
}

static int second_of(int64_t ns)
{
	return (int)((ns / 1000000 - BASE_MS) / 1000);
}

static void on_memory(void *arg, struct str key, struct str value)
{
	struct bench *b = arg;
	size_t n = strlen(b->memorised);
	char *at = b->memorised + n;
	struct memory_key group;
	struct memory memory;
	struct error err;

	assert_true(memory_key_read(key, &group, &err));
	assert_int_equal(group.n_values, 1);
	if (!value.s) {
		snprintf(at, sizeof(b->memorised) - n, "gone %.*s;",
			 STR_ARG(group.value[0]));
		return;
	}
	assert_true(memory_read(value, &memory, &err));
	snprintf(at, sizeof(b->memorised) - n, "%.*s %d..%d;",
		 STR_ARG(group.value[0]), second_of(memory.since),
		 second_of(memory.last));
}

void bench_recall(struct bench *b, const char *group, int since, int last)
{
	const int64_t second = 1000000000, base = BASE_MS * 1000000;
	struct buf AUTO(buf_release) key = { 0 }, value = { 0 };
	struct memory memory = { .since = base + since * second,
				 .first = base + last * second,
				 .last = base + last * second };
	struct error err;
	struct memory_key of = { .kind = MEMORY_GROUP,
				 .series = b->rules->series[0]->id,
				 .value = { str_of(group) },
				 .n_values = 1 };

	memory.until = memory.last + 30 * 86400 * second;
	memory_key_write(&of, &key);
	memory_write(&memory, &value);
	assert_true(
		engine_recall(b->engine, buf_str(&key), buf_str(&value), &err));
}

void bench_open(struct bench *b, int partitions, int64_t live_from,
		const char *rule)
{
	struct buf AUTO(buf_release) text = { 0 };
	struct problems problems = { 0 };
	struct error err = { 0 };
	struct engine_options options = {
		.partitions = 1,
		.live_from = live_from,
		.lateness_ms = 5000,
		.late_limit_ms = 60000,
		.samples_bytes = 1000,
		.memory = on_memory,
		.emit = on_emit,
		.arg = b,
	};

	*b = (struct bench){ .partitions = partitions, .offset = live_from };
	buf_add_format(&text, "rules = ( { name = \"R\"; samples = 0; %s } );",
		       rule);
	options.rules = b->rules =
		rules_parse("test", buf_text(&text),
			    &(struct rules_options){ 0 }, &problems);
	if (!problems_ok(&problems, &err))
		fail_msg("%s", err.text);
	problems_release(&problems);
	b->engine = engine_open(&options);
}

void bench_begin(struct bench *b, int partitions, const char *rule)
{
	bench_open(b, partitions, 0, rule);
	engine_go_live(b->engine);
}

void bench_end(struct bench *b)
{
	engine_close(b->engine);
	rules_free(b->rules);
	transition_release(&b->last);
}

static struct str pack(const char *values, struct buf *out)
{
	buf_clear(out);
	while (values && *values) {
		size_t n = strcspn(values, " ");
		packed_add(out, str_slice(values, n));
		values += n + (values[n] == ' ');
	}
	return buf_str(out);
}

static void add_entry(struct bench *b, struct envelope_writer *writer,
		      const struct bench_event *event, int64_t offset)
{
	const struct series *series = b->rules->series[0];
	struct buf AUTO(buf_release) field = { 0 };
	struct str value = str_of(event->group);
	struct envelope_entry entry = {
		.series = series->id,
		.offset = offset,
		.record_ms = BASE_MS + 1000 * event->time,
		.time_ns = (BASE_MS + 1000 * event->time) * 1000000,
		.value = &value,
		.n_values = series->group_by->n,
		.marks = event->marked,
	};

	if (event->values)
		entry.field = pack(event->values, &field);
	envelope_add(writer, &entry);
}

void bench_send(struct bench *b, int partition, int time,
		const struct bench_event event[], size_t n)
{
	const struct series *series = b->rules->series[0];
	struct envelope_writer writer = { 0 };
	struct envelope envelope;
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope_head head = {
		.logs_partition = partition,
		.logs_partitions = b->partitions,
		.first = b->next[partition],
		.next = b->next[partition] + (int64_t)n,
		.time_ms = BASE_MS + 1000 * time,
		.announces = true,
		.series = &series->id,
		.n_series = 1,
	};
	struct error err;

	envelope_begin(&writer, head.first);
	for (size_t i = 0; i < n; i++)
		add_entry(b, &writer, &event[i], head.first + (int64_t)i);
	envelope_write(&writer, &head, &bytes);
	envelope_writer_release(&writer);
	assert_true(envelope_read(&envelope, buf_str(&bytes), &err));
	assert_int_equal(engine_apply(b->engine, b->offset++, &envelope),
			 ENGINE_APPLIED);
	envelope_release(&envelope);
	b->next[partition] = head.next;
}

void bench_event(struct bench *b, const char *group, int time,
		 const char *values)
{
	const struct bench_event event = { group, time, values, false };

	bench_send(b, 0, time, &event, 1);
}

void bench_clock(struct bench *b, int time)
{
	bench_send(b, 0, time, NULL, 0);
}

void bench_said(struct bench *b, const char *wanted)
{
	assert_string_equal(b->said, wanted);
	b->said[0] = '\0';
}
