/* answer_internal.h - what alert/api/answer*.c share; private */
#ifndef TOCSIN_ALERT_API_ANSWER_INTERNAL_H
#define TOCSIN_ALERT_API_ANSWER_INTERNAL_H

#include "alert/api/answer.h"

enum {
	HTTP_OK = 200,
	HTTP_BAD_REQUEST = 400,
	HTTP_NOT_FOUND = 404,
	HTTP_NO_SUCH_METHOD = 405,
	HTTP_WRONG_TYPE = 415,
	HTTP_NOT_NOW = 503,
};

/* All arguments `filter`, as matchers. */
MUST_CHECK bool answer_filters(const struct status_request *r,
			       struct matchers *out, struct error *err);

int answer_alerts(const struct answer_source *s, const struct status_request *r,
		  struct buf *body);
int answer_groups(const struct answer_source *s, const struct status_request *r,
		  struct buf *body);
int answer_transitions(const struct answer_source *s,
		       const struct status_request *r, struct buf *body);
int answer_silences(const struct answer_source *s,
		    const struct status_request *r, struct buf *body);
int answer_post_silence(const struct answer_source *s,
			const struct status_request *r, struct buf *body);
int answer_silence(const struct answer_source *s,
		   const struct status_request *r, struct buf *body);
int answer_delete_silence(const struct answer_source *s,
			  const struct status_request *r, struct buf *body);

#endif
