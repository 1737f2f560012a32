/* fuzz_memory.c - any bytes on the topic of memory: a record is refused or
 * taken in, whatever times it tells, and judged when the clock moves
 *
 * The first byte is the length of the key; what follows it is the value. The
 * key's series is replaced by one that there is. */
#include "alert/window/engine.h"
#include "alert/window/memory.h"
#include "tests/fuzz/fuzz.h"

static const char rules_text[] =
	"rules = ( { name = \"N\"; type = \"new_term\"; field = \"Title\"; "
	"group_by = \"ServiceKey\"; }, { name = \"U\"; type = \"new_term\"; "
	"field = \"Title\"; }, { name = \"F\"; type = \"flatline\"; group_by = "
	"\"ServiceKey\"; threshold = 1; timeframe = \"1m\"; }, { name = \"C\"; "
	"type = \"change\"; field = \"Level\"; } );";

static struct ruleset *rules;

static void on_emit(void *arg, const struct transition *t)
{
	struct buf *json = arg;

	buf_clear(json);
	transition_encode(t, json);
}

/* What it writes must be what it reads. */
static void on_memory(void *arg, struct str key, struct str value)
{
	struct memory_key parsed;
	struct memory memory;
	struct error err;

	(void)arg;
	ENSURE(memory_key_read(key, &parsed, &err));
	ENSURE(!value.s || memory_read(value, &memory, &err));
}

static void move_clock(struct engine *e, int64_t offset, int64_t time_ms)
{
	uint64_t id = rules->series[0]->id;
	const struct envelope_head head = { .logs_partitions = 1,
					    .fresh = true,
					    .time_ms = time_ms,
					    .announces = true,
					    .series = &id,
					    .n_series = 1 };
	struct envelope_writer writer = { 0 };
	struct buf bytes = { 0 };
	struct envelope envelope;
	struct error err;

	envelope_write(&writer, &head, &bytes);
	ENSURE(envelope_read(&envelope, buf_str(&bytes), &err));
	(void)engine_apply(e, offset, &envelope);
	envelope_release(&envelope);
	envelope_writer_release(&writer);
	buf_release(&bytes);
}

static void check(struct str key, struct str value)
{
	struct buf json = { 0 };
	struct error err;
	const struct engine_options options = { .rules = rules,
						.partitions = 1,
						.lateness_ms = 5000,
						.late_limit_ms = 3600000,
						.samples_bytes = 10000,
						.emit = on_emit,
						.memory = on_memory,
						.arg = &json };
	struct engine *e = engine_open(&options);

	(void)!engine_recall(e, key, value, &err);
	move_clock(e, 0, 1764000000000);
	engine_go_live(e);
	move_clock(e, 1, 1764000600000);
	move_clock(e, 2, 1774000000000);
	engine_close(e);
	buf_release(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = { 0 };
	struct buf key = { 0 };
	size_t n;

	if (!rules)
		rules = rules_parse("fuzz", rules_text,
				    &(struct rules_options){ 0 }, &problems);
	problems_release(&problems);
	if (size < 1)
		return 0;
	n = data[0] < size - 1 ? data[0] : size - 1;
	buf_add(&key, str_slice((const char *)data + 1, n));
	if (n >= 12)
		memcpy(key.p + 4, &rules->series[data[5] % rules->n_series]->id,
		       sizeof(uint64_t));
	check(buf_str(&key),
	      str_slice((const char *)data + 1 + n, size - 1 - n));
	buf_release(&key);
	return 0;
}
