/*
 * The lock of a running node: whether its home wants a passphrase, who gives it, when the node
 * locks by itself. For cmd_up, which opens and closes the node.
 *
 *     open -- wished, or no command for long --> locked -- right passphrase --> open
 */
#ifndef APPS_WAVU_UP_LOCK_H
#define APPS_WAVU_UP_LOCK_H

#include "apps/rpc/methods.h"
#include "apps/wavu/command.h"
#include "apps/wavu/own_node.h"
#include "apps/wavu/passphrase.h"

struct up_lock {
    struct methods_vault *vault;
    struct passphrase typed; /* empty but while a node is being opened */
    uint64_t auto_ns;        /* without a command for so long it locks; 0: never */
};

/** What is to be done when the loop has returned. */
enum up_lock_wish { UP_LOCK_NOTHING, UP_LOCK_STOP, UP_LOCK_CLOSE, UP_LOCK_OPEN };

/**
 * Before the first opening: ask for the passphrase where one is wanted and somebody can be asked,
 * else begin locked. `minutes` is the setting auto_lock. Returns 0, or an exit code after a
 * sentence.
 */
WARN_UNUSED int up_lock_begin(struct up_lock *l, const struct call *call, struct methods *methods,
                              struct port *port, bool is_kept, uint64_t minutes);

/** `minutes` is the setting auto_lock from now on. */
void up_lock_after(struct up_lock *l, uint64_t minutes);

/** How long the loop may run, in ms; negative: for ever. */
int64_t up_lock_patience_ms(const struct up_lock *l);

/** What is wished; for UP_LOCK_OPEN `typed` is what was given. */
enum up_lock_wish up_lock_next(struct up_lock *l);

/** The opening that was wished ended with that exit code; wipes what was typed. */
void up_lock_opened(struct up_lock *l, int code);

/** The node is about to be closed. */
void up_lock_close(struct up_lock *l);

void up_lock_clear(struct up_lock *l);

#endif
