/* fuzz_query.c - any bytes as a query: refused with a column inside the text,
 * or taken, and then its canonical form is the same query; and as a text, whose
 * words stay the same when they are cut again */
#include "event/query.h"
#include "event/utf8.h"
#include "event/words.h"
#include "tests/fuzz/fuzz.h"

static const char *const lines[] = {
	"{\"ServiceKey\":\"PAY\",\"ComponentKey\":\"A\\u0042\\\"\","
	"\"HostAddress\":\"10.0.0.1\",\"RequestKey\":\"\","
	"\"TimeStampUTC\":\"2026-11-23T09:00:00.5Z\",\"Level\":\"ERROR\","
	"\"Title\":\"PAYMENT REFUSED\",\"Additional\":{\"user\":\"bob\","
	"\"ms\":512,\"order\":{\"tags\":[\"red\",\"x\"]},\"a.b\":null}}",
	"{\"ServiceKey\":\"FORUM\",\"HostAddress\":\"\","
	"\"TimeStampUTC\":\"2026-11-24T00:00:00Z\",\"Level\":\"INFO\","
	"\"Title\":\"aaaaaaaaaaaaaaaaaaaaaaaaab\",\"Additional\":\"text\","
	"\"Repaired\":[\"time\",\"level\"],\"Region\":{\"zone\":[1]}}",
	"{\"ServiceKey\":\"FORUM\",\"HostAddress\":\"\","
	"\"TimeStampUTC\":\"2026-11-23T09:00:00Z\",\"Level\":\"INFO\","
	"\"Title\":\"foo-Bar\\tbaz \xe4\xb8\xad\xe6\x96\x87\","
	"\"Additional\":\"Payment 3.14 can't \xf0\x9f\x98\x80\"}",
};

static const char *const further[] = { "Region" };
static const struct query_options options = { further, 1 };

static struct scanner *scanner;
static struct buf scratch;

/* One bit for each event that matches. */
static unsigned found(const struct query *q)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < ARRAY_LENGTH(lines); i++) {
		struct event event;
		struct query_event seen = { .event = &event,
					    .scratch = &scratch,
					    .now_ms = 1795428000000 };

		buf_clear(&scratch);
		event_scan(scanner, str_of(lines[i]), &event);
		ENSURE(event.repairs == 0);
		if (query_matches(q, &seen, NULL))
			bits |= 1u << i;
	}
	return bits;
}

static void check_refused(struct str text, const struct query_problem problem[],
			  size_t n)
{
	ENSURE(n > 0 && !problem[0].warning);
	for (size_t i = 0; i < n; i++)
		ENSURE(problem[i].column >= 1 &&
		       (size_t)problem[i].column <= text.n + 1 &&
		       problem[i].text[0] != '\0');
}

static void check_canonical(const struct query *q)
{
	struct buf once = { 0 }, twice = { 0 };
	struct query *again;
	size_t n;

	query_canonical(q, &once);
	if (once.n <= QUERY_BYTES_MAX) {
		again = query_parse(buf_str(&once), &options, NULL, 0, &n);
		ENSURE(again);
		query_canonical(again, &twice);
		ENSURE(str_equal(buf_str(&once), buf_str(&twice)));
		ENSURE(found(q) == found(again));
		query_free(again);
	}
	buf_release(&once);
	buf_release(&twice);
}

static void check_words(struct str text)
{
	struct buf words = { 0 }, joined = { 0 }, again = { 0 };
	struct str word;
	size_t at = 0;

	ENSURE((words_add(text, &words) == 0) == (words.n == 0));
	ENSURE(words.n == 0 || words.n <= words_room(text.n));
	while (words_next(buf_str(&words), &at, &word)) {
		ENSURE(utf8_valid(word));
		buf_add_char(&joined, ' ');
		buf_add(&joined, word);
	}
	words_add(buf_str(&joined), &again);
	ENSURE(str_equal(buf_str(&words), buf_str(&again)));
	buf_release(&words);
	buf_release(&joined);
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_slice((const char *)data, size);
	struct query_problem problem[4];
	struct query *q;
	size_t n;

	if (!scanner)
		scanner = scanner_open();
	q = query_parse(text, &options, problem, ARRAY_LENGTH(problem), &n);
	if (q)
		check_canonical(q);
	else
		check_refused(text, problem, n);
	query_free(q);
	if (utf8_valid(text))
		check_words(text);
	return 0;
}
