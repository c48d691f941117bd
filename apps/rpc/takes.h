/*
 * What methods of one kind share: parameters that are texts, read and refused alike, and errors of
 * the library as an answer with a sentence.
 */
#ifndef RPC_TAKES_H
#define RPC_TAKES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/rpc/jsonrpc.h"

struct wavu_message; /* wavu/chat.h */
struct methods;      /* apps/rpc/methods.h */

#define TAKES_MAX 8 /* texts of one method */

/* One method's: which texts it takes, the first `needed` of them always. Other fields, of later
 * versions, are nothing to it. */
struct takes {
    const char *names[TAKES_MAX];
    size_t count;
    size_t needed;
    const char *sentence; /* said when they are not so */
};

/* What an error means for one method; a list of them is ended by err 0. */
struct takes_meaning {
    int err;
    const char *sentence;
};

/** The texts that `takes` names, NULL for those that are not there or null; there has to be a node.
 * False with `error`. */
WARN_UNUSED bool takes_read(const struct takes *takes, const struct methods *m,
                            const struct json_t *params, const char *texts[TAKES_MAX],
                            struct jsonrpc_error *error);

/** Likewise for a method that takes {"network": name or id} alone, which may be missing. */
WARN_UNUSED bool takes_read_network(const struct methods *m, const struct json_t *params,
                                    const char **network, struct jsonrpc_error *error);

/** Is there a node to ask? False with `error`. */
WARN_UNUSED bool takes_is_ready(const struct methods *m, struct jsonrpc_error *error);

/** The text at `key`, borrowed; NULL when there is none, or null. `*is_good` becomes false when it
 * is something else. */
const char *takes_text_at(const struct json_t *params, const char *key, bool *is_good);

/** The parameters are not such: `sentence` says what they are. Always NULL. */
struct json_t *takes_refuse(struct jsonrpc_error *error, const char *sentence);

/** Fill in `error` for an error of the library, by `own` (or NULL) or else by what it means for
 * people and networks. Always NULL. */
struct json_t *takes_fail(struct jsonrpc_error *error, int err, const struct takes_meaning *own);

/** Put `value`, which is taken, into `object`. */
void takes_put(struct json_t *object, const char *key, struct json_t *value);

/** A count, or a time that somebody else says: an integer is signed here, so what is larger stays
 * at the end. */
struct json_t *takes_count(uint64_t value);

/** Whom a message mentions: a list of members' ids. */
struct json_t *takes_mentions(const struct wavu_message *message);

/** "" is null. */
struct json_t *takes_text_or_null(const char *text);

#endif
