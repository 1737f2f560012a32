/* receiver_shape.h - what the services say about their payloads, as tables
 *
 * One row a place in the payload, after each vendor's documentation:
 *   slack         "Block Kit: blocks", "Composition objects: text object"
 *   pagerduty     "Events API v2: Send an alert event", "PD-CEF"
 *   alertmanager  api/v2/openapi.yaml: postableAlerts
 *   webhook       Alertmanager, "Configuration": <webhook_config>
 *   teams         "Adaptive Cards: RichTextBlock, TextRun", "Create and send
 *                 messages with incoming webhooks"
 *   discord       "Webhook Resource: Execute Webhook", "Allowed Mentions"
 *   opsgenie      "Alert API: Create Alert, Close Alert"
 * What has no row must not be there. Lengths are UTF-16 units. */
#ifndef TOCSIN_TESTS_RECEIVER_SHAPE_H
#define TOCSIN_TESTS_RECEIVER_SHAPE_H

#include "alert/notify/receiver.h"

/* Is `body`, its blanks filled in, what the service of that type takes? If not,
 * *why says what is wrong. */
bool receiver_shape_fits(const char *type, struct str body, struct buf *why);

#endif
