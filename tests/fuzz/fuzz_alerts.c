/* fuzz_alerts.c - any bytes on the internal topics: an envelope is refused or
 * walked and applied, a transition is refused or written again within its bound
 */
#include "alert/window/engine.h"
#include "tests/fuzz/fuzz.h"

static const char rules_text[] =
	"rules = ( { name = \"S\"; type = \"spike\"; timeframe = \"10s\"; "
	"spike_type = \"both\"; spike_height = 2; threshold_cur = 1; "
	"threshold_ref = 1; }, { name = \"F\"; type = \"frequency\"; "
	"num_events = 2; timeframe = \"10s\"; for = \"1s\"; }, { name = \"A\"; "
	"type = \"any\"; } );";

static struct ruleset *rules;

static void on_emit(void *arg, const struct transition *t)
{
	struct buf *json = arg;

	buf_clear(json);
	transition_encode(t, json);
	ENSURE(json->n <= TRANSITION_BYTES_MAX);
}

/* Twice, as after a rebalance. */
static void check_envelope(struct str bytes)
{
	struct buf json = { 0 };
	struct envelope envelope;
	struct error err;
	const struct engine_options options = { .rules = rules,
						.partitions = 1,
						.lateness_ms = 5000,
						.late_limit_ms = 3600000,
						.samples_bytes = 10000,
						.emit = on_emit,
						.arg = &json };
	struct engine *e = engine_open(&options);

	engine_go_live(e);
	for (int64_t offset = 0; offset < 2; offset++) {
		if (envelope_read(&envelope, bytes, &err) &&
		    envelope.head.logs_partitions < 1000)
			(void)engine_apply(e, offset, &envelope);
		envelope_release(&envelope);
	}
	engine_close(e);
	buf_release(&json);
}

static void check_transition(struct str bytes)
{
	struct buf once = { 0 }, twice = { 0 };
	struct transition t, again;
	struct error err;

	if (transition_decode(bytes, &t, &err)) {
		transition_encode(&t, &once);
		ENSURE(once.n <= TRANSITION_BYTES_MAX);
		if (transition_decode(buf_str(&once), &again, &err)) {
			transition_encode(&again, &twice);
			transition_release(&again);
		}
	}
	transition_release(&t);
	buf_release(&once);
	buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = str_slice((const char *)data, size);
	struct problems problems = { 0 };

	if (!rules)
		rules = rules_parse("fuzz", rules_text,
				    &(struct rules_options){ 0 }, &problems);
	problems_release(&problems);
	check_envelope(bytes);
	check_transition(bytes);
	return 0;
}
