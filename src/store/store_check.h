/*
 * Is what the database holds whole? The quick check, at its opening, looks at the ends of each
 * space; the full one at every entry, a slice at a time, in jobs with pauses in between.
 *
 * In: connections; the wish for a check. Out: progress after each slice, and damage, to whoever the
 * owner tells. SQLCipher authenticates each page that is read; what is looked at here beyond that
 * is the form of keys and values.
 */
#ifndef STORE_STORE_CHECK_H
#define STORE_STORE_CHECK_H

#include "store/store_back.h"

/* A slice ends behind so many entries or bytes: some milliseconds. */
#define STORE_CHECK_ENTRIES 2000
#define STORE_CHECK_BYTES ((size_t)1 << 20)
/* Between two slices: the check takes a fifth of a core at most, and a minute for some million
 * entries. */
#define STORE_CHECK_PAUSE_NS (UINT64_C(20) * 1000000)

struct store_conn;

/** Is the form of a key ours; of an entry? */
bool store_check_is_key(struct span key);
bool store_check_is_sound(struct span key, struct span value);

/** Read the first and the last entry of each space. Errors as store_conn_next. */
WARN_UNUSED int store_check_ends(struct store_conn *c);

/** Look at the next entries from `at` on, which moves on, and count them in `p`; p->is_done behind
 * the last. WAVU_ERR_CORRUPT: `at` is where the damage is. */
WARN_UNUSED int store_check_slice(struct store_conn *c, struct store_whole *at,
                                  struct store_progress *p);

struct store_check; /* opaque */

/** Nothing runs yet. `told` is called in the "in" phase after each slice. */
WARN_UNUSED struct store_check *
store_check_new(struct port *port, const struct store_back_ops *ops, void *back,
                void (*told)(void *context, const struct store_progress *p), void *context);
/** Waits for a slice under way. NULL is fine. */
void store_check_free(struct store_check *c);

/** Pause so long between slices, instead of STORE_CHECK_PAUSE_NS; at half of it a wakeup may be
 * shared. */
void store_check_set_pause(struct store_check *c, uint64_t pause_ns);

/** Go on where the last slice ended, or begin anew behind the end or damage; nothing happens while
 * it runs. */
void store_check_start(struct store_check *c);

/** No slice begins any more; waits for one under way. */
void store_check_stop(struct store_check *c);

#endif
