/*
 * What each request asks of the node.
 */
#ifndef APPS_P2PD_P2PD_REQUESTS_H
#define APPS_P2PD_P2PD_REQUESTS_H

#include "apps/p2pd/p2pd_client.h"
#include "apps/p2pd/p2pd_msg.h"

#define P2PD_REQUESTS_TIMEOUT_S_MAX 3600 /* a longer one is an hour */

/** Answer `m` now, or leave c->op or c->splice under way. `m` is borrowed until return. */
void p2pd_requests_answer(struct p2pd_client *c, const struct p2pd_msg_request *m);

/** What it waits for at most, in ms; 0: it does not say. */
uint64_t p2pd_requests_timeout_ms(const struct p2pd_msg_request *m);

#endif
