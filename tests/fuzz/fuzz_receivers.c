/* fuzz_receivers.c - any record of the alerts topic, told to a receiver of each
 * type: what is sent is what its service takes */
#include <stdlib.h>

#include "alert/notify/plan.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/receiver_shape.h"

#define KEY "0123456789abcdef0123456789abcdef"
#define EACH(type, more)                                                       \
	"{ name = \"" type "\"; type = \"" type "\"; " more " }"
#define URL            "url = \"http://x\";"
#define TO(type, more) "{ receiver = \"" type "\"; continue = true; " more " }"

static const char config
	[] = "receivers = (" EACH("slack", URL) "," EACH("webhook", URL) "," EACH("teams", URL) "," EACH("discord", URL) "," EACH("alertmanager", URL) "," EACH(
		"pagerduty",
		"routing_key = \"" KEY
		"\";") "," EACH("opsgenie",
				"api_key = \"k\";") ");"
						    "route = { receiver = "
						    "\"slack\"; group_by = "
						    "[\"...\"]; routes = (" TO("slack", "") "," TO("webhook", "") "," TO(
							    "teams",
							    "") "," TO("discor"
								       "d",
								       "") "," TO("alertmanager",
										  "") "," TO("pagerduty",
											     "") "," TO("opsgenie",
													"") "); };";

static struct receivers receivers;
static struct route *root;

static bool has_room(void *arg, const struct receiver *r)
{
	(void)arg;
	(void)r;
	return true;
}

static void on_send(void *arg, struct plan_message *m,
		    const struct message *view)
{
	const struct receiver_type *type = m->receiver->type;
	struct buf raw = { 0 }, body = { 0 }, why = { 0 };

	type->render(m->receiver, view, &raw);
	if (type->fill)
		receiver_fill(m->receiver, buf_str(&raw), 1763892000000, &body);
	else
		buf_add(&body, buf_str(&raw));
	ENSURE(receiver_shape_fits(type->name, buf_str(&body), &why));
	buf_release(&raw);
	buf_release(&body);
	buf_release(&why);
	plan_done(arg, m, true, 0, 0);
	plan_message_free(m);
}

static void open_once(void)
{
	struct problems problems = { 0 };
	struct strings names;
	struct error err;
	struct conf *tree = conf_read_text("fuzz", config, &err);

	ENSURE(tree != NULL);
	receivers_read(conf_get(tree, "receivers"), &receivers, &problems);
	receivers_names(conf_get(tree, "receivers"), &names);
	root = route_read(conf_get(tree, "route"), &names, &problems);
	ENSURE(problems.n == 0);
	free(names.item);
	conf_free(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transition t;
	struct error err;
	struct plan *plan;

	if (!root)
		open_once();
	if (!transition_decode(str_slice((const char *)data, size), &t, &err)) {
		transition_release(&t);
		return 0;
	}
	t.staging = false;
	plan = plan_open(root, &receivers);
	plan_apply(plan, &t, 1, 0);
	for (int i = 0; i < 3; i++)
		plan_run(plan, 1000000, has_room, on_send, plan);
	plan_close(plan);
	return 0;
}
