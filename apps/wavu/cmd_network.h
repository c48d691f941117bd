/*
 * wavu create, networks, leave, nick: networks of the running node, and its person's name.
 */
#ifndef APPS_WAVU_CMD_NETWORK_H
#define APPS_WAVU_CMD_NETWORK_H

#include "apps/wavu/command.h"

#define CMD_NETWORK_SHORT 8 /* digits of an id where a line has no room for all */

struct json_t;

/** `text` up to there: the first digits of an id. Static. */
const char *cmd_network_short(const struct json_t *object, const char *key);

/** Are those in `list`, by their `network`, of more than one? */
bool cmd_network_is_several(const struct json_t *list);

/** How wide a column of `networkName` is for what is in `list`; 0: none is needed, all are of one
 * network. */
int cmd_network_width(const struct json_t *list);

/** Warn of each network that is meant (by name or id; NULL: of each that this node is in) of which
 * others say that it is not in it any more: what is said there is not heard. */
void cmd_network_warn(const struct call *call, const char *meant);

/** Each returns the exit code. */
int cmd_network_create_run(struct call *call);
int cmd_network_list_run(struct call *call);
int cmd_network_leave_run(struct call *call);
int cmd_network_nick_run(struct call *call);

#endif
