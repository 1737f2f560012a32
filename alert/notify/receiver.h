/* receiver.h - where messages go: one configured receiver and its service
 *
 * A receiver type is one file with one `struct receiver_type`: its settings,
 * how a message becomes a request, how the answer is judged. Pure but for
 * receivers_read, which reads secrets. Loop thread only. */
#ifndef TOCSIN_ALERT_NOTIFY_RECEIVER_H
#define TOCSIN_ALERT_NOTIFY_RECEIVER_H

#include "alert/notify/message.h"
#include "core/config.h"

enum receiver_verdict {
	RECEIVER_ACCEPTED,
	RECEIVER_RETRY,   /* the same again, later */
	RECEIVER_REFUSED, /* never will be: give this message up, say so */
};

/* One byte in a body that fill() replaces at each attempt. It cannot come from
 * a text, because JSON escapes it. */
#define RECEIVER_BLANK '\x01'

enum { RECEIVER_HEADERS = 16 }; /* of a request, with the end */

struct receiver;

struct receiver_type {
	const char *name;
	struct settings settings; /* beyond the common ones */
	const char *fallback_url; /* NULL: 'url' or 'url_file' is required */
	/* A string list among `settings` with the members of a cluster, each
	 * of which gets everything; NULL: there is none. */
	const char *members;
	int concurrency; /* requests under way at a time */
	/* What the service takes: "1/s", and so many at once; NULL: no limit
	 * known. */
	const char *rate;
	int burst;
	/* People read it: what piles up may be told in one message. Never of
	 * a service that keeps its own account of alerts. */
	bool digests;
	/* Programs read it, which must hear of each alert: a message has at
	 * most so many of them (unless max_alerts says otherwise) and bytes of
	 * body, and further ones go in further messages. One alert goes in any
	 * case. 0: all alerts of a group are told at once. */
	size_t most_alerts, most_bytes;
	/* Pagers. One message an alert and one incident an episode: opened
	 * before it is closed, closed before the next one is opened. */
	bool each_alert;
	/* The service forgets: what fires is told again this often, and what
	 * resolved for resolved_resend_ms. 0: neither. */
	int64_t resend_ms, resolved_resend_ms;
	/* The body of the request, once a message: retries send the same.
	 * NULL: it is told no alerts (heartbeat). */
	void (*render)(const struct receiver *r, const struct message *m,
		       struct buf *body);
	/* Where to post the message; NULL: to the receiver's url. */
	void (*address)(const struct receiver *r, const struct message *m,
			struct buf *url);
	/* What stands for RECEIVER_BLANK, once an attempt: what must be recent,
	 * or a secret, which so is in no stored body. `now_ms` is wall time.
	 * NULL: the body has no blanks. */
	void (*fill)(const struct receiver *r, int64_t now_ms, struct buf *out);
	/* Headers beyond Content-Type, once an attempt: "Name: value\n" lines.
	 * `now_ms` is wall time. May be NULL. */
	void (*headers)(const struct receiver *r, const char *message_id,
			struct str body, int64_t now_ms, struct buf *out);
	enum receiver_verdict (*judge)(int status, struct str body);
	/* How long an answer that is no acceptance asks to wait, beside its
	 * Retry-After; -1: it does not say. May be NULL. */
	int64_t (*wait_ms)(struct str body);
	/* Read and check what is special; may be NULL. */
	bool (*configure)(struct receiver *r, const struct config *c,
			  struct error *err);
};

struct receiver {
	/* Unique. The second member of the cluster `am` is `am/2`; what routes
	 * to the family `am` goes to each of them. */
	char *name, *family;
	const struct receiver_type *type;
	char *url;     /* secret */
	char *ca_file; /* "": the system's authorities */
	char *secret;  /* webhook: the signing key's bytes; else a text */
	size_t secret_n;
	const char *fallback; /* severity or priority of those without one */
	int64_t timeout_ms;
	int64_t max_alerts; /* alerts told in one message; 0: the type's */
	bool send_resolved;
	int64_t interval_ms; /* heartbeat */
	const char *method;  /* heartbeat */
	int64_t token_us;    /* the rate, as bucket.h has it; 0: no limit */
	int64_t burst;
	int64_t digest; /* groups waiting beyond which they are folded; 0: never
			 */
	/* owned by the outbox */
	int in_flight;
};

struct receivers {
	struct receiver **item;
	size_t n;
};

/* The rows that every receiver has, for documentation. */
extern const struct settings receiver_settings;
/* The known types, ended by NULL. */
extern const struct receiver_type *const receiver_types[];

/* Read `receivers = ( { name = ...; type = ...; ... }, ... )`; NULL: none.
 * What is wrong goes to problems. Secrets are read, never printed. */
void receivers_read(const struct conf *tree, struct receivers *out,
		    struct problems *problems);
/* Only the names of those that can be told alerts, without reading secrets. The
 * strings are borrowed from the tree; free(out->item). */
void receivers_names(const struct conf *tree, struct strings *out);
void receivers_release(struct receivers *r);
/* Does what is for `name` go to r: is it its name or its family? */
bool receiver_answers_to(const struct receiver *r, const char *name);
/* The most alerts that one message may hold, where its type bounds them. */
size_t receiver_most_alerts(const struct receiver *r);
/* The body of one attempt: `body` with its blanks filled in. */
void receiver_fill(const struct receiver *r, struct str body, int64_t now_ms,
		   struct buf *out);
/* The headers of one attempt, ended by NULL; they point into `lines`, which is
 * empty before and may hold a secret after. */
void receiver_headers(const struct receiver *r, const char *message_id,
		      struct str body, int64_t now_ms, struct buf *lines,
		      const char *out[RECEIVER_HEADERS]);

/* The judgement that fits most services: 2xx accepted; 400, 405, 406, 411,
 * 413, 414, 415, 422 refused (the message itself is at fault); all else may
 * pass: a wrong token or a moved address is mended by people, and then the
 * message still goes. */
enum receiver_verdict receiver_judge_http(int status, struct str body);

/* For configure(): read a secret that goes into a header or a body. */
MUST_CHECK bool receiver_secret(struct receiver *r, const struct config *c,
				const char *path, const char *path_file,
				struct error *err);

extern const struct receiver_type receiver_alertmanager;
extern const struct receiver_type receiver_discord;
extern const struct receiver_type receiver_opsgenie;
extern const struct receiver_type receiver_pagerduty;
extern const struct receiver_type receiver_slack;
extern const struct receiver_type receiver_teams;
extern const struct receiver_type receiver_webhook;
extern const struct receiver_type receiver_heartbeat;

#endif
