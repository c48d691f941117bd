/*
 * DHT requests: one answer, or BEGIN, values and END on the same connection.
 */
#ifndef APPS_P2PD_P2PD_DHT_H
#define APPS_P2PD_P2PD_DHT_H

#include "apps/p2pd/p2pd_client.h"
#include "apps/p2pd/p2pd_msg.h"

#define P2PD_DHT_PROVIDERS 20 /* that are enough when the request does not say, as go */

struct p2pd_dht;

/** Begin: c->dht is under way, or an ERROR was answered. */
void p2pd_dht_answer(struct p2pd_client *c, const struct p2pd_msg_request *m);

/** Give up; nothing is answered any more. */
void p2pd_dht_cancel(struct p2pd_dht *dht);

#endif
