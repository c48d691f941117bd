/*
 * wavu members, revoke: who belongs to the networks of the running node, and putting somebody out.
 */
#ifndef APPS_WAVU_CMD_PEOPLE_H
#define APPS_WAVU_CMD_PEOPLE_H

#include "apps/wavu/command.h"
#include "wavu/members.h"

#define CMD_PEOPLE_CALL_MAX 128 /* "Baraka (0a1b2c3d)" */
#define CMD_PEOPLE_NAMED_MAX 8  /* candidates in a sentence */
#define CMD_PEOPLE_LIST_MAX (CMD_PEOPLE_NAMED_MAX * (CMD_PEOPLE_CALL_MAX + WAVU_NAME_MAX + 6) + 8)

struct json_t;

/** Whom `who` means in the network (NULL: in any), as the running node knows: on 0 `*member` is
 * that one, the caller's. Else an exit code after a sentence, which names the candidates where
 * there are several. */
WARN_UNUSED int cmd_people_find(const struct call *call, const char *network, const char *who,
                                struct json_t **member);

/** All whom `who` can mean, into `*members`, the caller's; for nobody it is empty. Returns 0, or an
 * exit code after a sentence. */
WARN_UNUSED int cmd_people_meant(const struct call *call, const char *network, const char *who,
                                 struct json_t **members);

/** Write into `names`, which holds CMD_PEOPLE_LIST_MAX bytes, what tells each of `members` from the
 * others, cleaned for a terminal; the first 8. */
void cmd_people_list(const struct json_t *members, char names[CMD_PEOPLE_LIST_MAX]);

/** 0 when what `member` answers is told here; an exit code after a sentence when this person has
 * blocked it, so that nobody waits for an answer in vain. */
WARN_UNUSED int cmd_people_hears(const struct json_t *member);

/** The network to ask about `member` (what cmd_people_find found, or NULL): what was typed, else
 * the member's; NULL: neither. Borrowed from both. */
const char *cmd_people_network(const struct call *call, const struct json_t *member);

/** Each returns the exit code. */
int cmd_people_members_run(struct call *call);
int cmd_people_revoke_run(struct call *call);

#endif
