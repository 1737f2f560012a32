/* bench_match.c - events a second matched against 10 rules and against many
 *
 * usage: bench_match [RULES]   default 10000. Of ten rules eight ask for a
 * service and a level, one for a Title, one for a pattern of Titles within a
 * service; each rule another service or Title, as in companies with many
 * teams. Events are of 200 services, so with many rules an event has some that
 * concern it. Prints both speeds and their ratio. */
#include <stdio.h>
#include <stdlib.h>

#include "alert/match/matcher.h"
#include "core/clock.h"

enum { EVENTS = 5000, ROUNDS_MS = 1500, SERVICES = 200 };

static struct ruleset *make_rules(unsigned n)
{
	struct problems problems = { 0 };
	struct buf text = { 0 };
	struct ruleset *rules;
	struct error err;

	buf_add_text(&text, "rules = (");
	for (unsigned i = 0; i < n; i++) {
		buf_add_format(&text, "%s{ name = \"r%u\"; ", i ? "," : "", i);
		buf_add_text(&text, "type = \"any\"; group_by = "
				    "\"ServiceKey\"; query = \"");
		if (i % 10 < 8)
			buf_add_format(&text,
				       "ServiceKey:SERVICE_%u AND Level:ERROR "
				       "AND NOT Title:KNOWN_%u",
				       i / 10, i);
		else if (i % 10 == 8)
			buf_add_format(&text, "Title:REFUSED_%u", i);
		else
			buf_add_format(&text,
				       "ServiceKey:SERVICE_%u AND "
				       "Title:PAY_%u*",
				       i / 10, i);
		buf_add_text(&text, "\"; }");
	}
	buf_add_text(&text, ");");
	rules = rules_parse("bench", buf_text(&text),
			    &(struct rules_options){ 0 }, &problems);
	if (!problems_ok(&problems, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(EXIT_STATUS_BUG);
	}
	problems_release(&problems);
	buf_release(&text);
	return rules;
}

static void make_event(unsigned i, struct buf *out)
{
	buf_clear(out);
	buf_add_format(out,
		       "{\"ServiceKey\":\"SERVICE_%u\",\"ComponentKey\":"
		       "\"AUTH_MIDDLEWARE\",\"RequestKey\":\"f3b1c2d4-%08x\","
		       "\"HostAddress\":\"10.12.0.%u\",\"TimeStampUTC\":"
		       "\"2026-11-23T09:%02u:%02u.%06uZ\",\"Title\":"
		       "\"REQUEST_FINISHED\",\"Additional\":{\"user\":\"b%u\","
		       "\"elapsed_ms\":%u},\"Level\":\"%s\"}",
		       i * 7 % SERVICES, i, i % 250, i / 60 % 60, i % 60,
		       i * 37 % 1000000, i, i % 900, i % 20 ? "INFO" : "ERROR");
}

static void on_found(void *arg, const struct series *series,
		     const struct envelope_entry *entry)
{
	(void)series;
	(void)entry;
	++*(uint64_t *)arg;
}

/* Events a second; *found is how many matches an event had. */
static double run(unsigned n_rules, double *found)
{
	struct ruleset *rules = make_rules(n_rules);
	struct matcher *m = matcher_open(rules, NULL);
	struct scanner *scanner = scanner_open();
	struct buf line = { 0 };
	uint64_t matches = 0, events = 0;
	int64_t start = clock_mono_ms(), took;
	struct event event;

	do {
		for (unsigned i = 0; i < EVENTS; i++) {
			make_event(i, &line);
			event_scan(scanner, buf_str(&line), &event);
			matcher_match(m, &event, 0, on_found, &matches);
		}
		events += EVENTS;
		took = clock_mono_ms() - start;
	} while (took < ROUNDS_MS);
	buf_release(&line);
	scanner_close(scanner);
	matcher_close(m);
	rules_free(rules);
	*found = (double)matches / (double)events;
	return (double)events * 1000 / (double)took;
}

int main(int argc, char **argv)
{
	unsigned many = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
	double few_found, many_found;
	double few = run(10, &few_found), all = run(many, &many_found);

	printf("%u rules: %.0f events/s, %.2f matches an event\n", 10, few,
	       few_found);
	printf("%u rules: %.0f events/s, %.2f matches an event\n", many, all,
	       many_found);
	printf("ratio %.2f\n", few / all);
	return 0;
}
