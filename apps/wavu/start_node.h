/*
 * A node in the background, for commands that wait for others: the same program, `wavu up
 * --attended`, which ends by itself after its last client has gone (up_attended).
 */
#ifndef APPS_WAVU_START_NODE_H
#define APPS_WAVU_START_NODE_H

#include "apps/wavu/command.h"

#define START_NODE_WORDS_MAX 64  /* options that it is given */
#define START_NODE_WAIT_MS 20000 /* until it answers: a large store on a slow card */
#define START_NODE_PROBLEM 2048  /* bytes of what it said before it ended */

/**
 * Make sure that a node answers in the home of `call`: where none does, start one with the options
 * `words` (`count` of them, such as "--nick"; borrowed) and wait until it answers; where it is
 * locked and somebody can be asked, ask for the passphrase. A node that runs already is taken as it
 * is. `*is_new` (or NULL): one was started. Returns 0, or an exit code after a sentence, which is
 * that of the node where it did not start.
 */
WARN_UNUSED int start_node_ensure(const struct call *call, const char *const *words, size_t count,
                                  bool *is_new);

#endif
