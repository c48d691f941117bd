/*
 * Names in a text: "@Baraka" in what a person says to a room. Pure; whom they mean is for who asks.
 */
#ifndef APPS_TALK_MENTION_H
#define APPS_TALK_MENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "wavu/api.h"

#define MENTION_NAMES_MAX 128 /* of one text, that are looked up */

/** The next name behind an @ in `text` from `*at` on, which moves behind it; `*name` is a part of
 * `text`, 1 to WAVU_SHOWN_MAX - 1 bytes. An @ counts at the beginning of a word, so that an address
 * is none; a name goes up to the next space, or stands in double quotes. False when there is none
 * any more. */
WARN_UNUSED bool mention_next(struct span text, size_t *at, struct span *name);

/** `name` without what may stand behind one in a text (".,;:!?)]}'" and quotes). Nobody may be
 * called by the whole word; so that is looked up first. May be empty. */
WARN_UNUSED struct span mention_bare(struct span name);

#endif
