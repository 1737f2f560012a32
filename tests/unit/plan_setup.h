/* plan_setup.h - the receivers and routes that a plan is tested with */
#ifndef TOCSIN_TESTS_UNIT_PLAN_SETUP_H
#define TOCSIN_TESTS_UNIT_PLAN_SETUP_H

#include <stdlib.h>

#include "alert/notify/plan.h"
#include "tests/unit/test_support.h"

struct plan_setup {
	struct conf *conf;
	struct route *root;
	struct receivers receivers;
};

static inline void setup_read(struct plan_setup *s, const char *text)
{
	struct problems problems = { 0 };
	struct strings names;
	struct error err;

	*s = (struct plan_setup){ 0 };
	s->conf = conf_read_text("t.conf", text, &err);
	assert_non_null(s->conf);
	receivers_read(conf_get(s->conf, "receivers"), &s->receivers,
		       &problems);
	receivers_names(conf_get(s->conf, "receivers"), &names);
	s->root = route_read(conf_get(s->conf, "route"), &names, &problems);
	if (problems.n)
		fail_msg("%s", problems.item[0].text);
	free(names.item);
}

static inline void setup_release(struct plan_setup *s)
{
	route_free(s->root);
	receivers_release(&s->receivers);
	conf_free(s->conf);
}

#endif
