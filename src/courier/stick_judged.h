/*
 * A bounded memory of envelopes that a stick brought and that nothing here opens, so that they are
 * not tried again when the stick comes again. In this life only; the oldest give way.
 *
 * A machine without deadlines, owned by courier/courier_stick. Source: docs/protocol/stick.md.
 */
#ifndef COURIER_STICK_JUDGED_H
#define COURIER_STICK_JUDGED_H

#include "base/map.h"
#include "courier/envelope.h"

#define STICK_JUDGED_MAX 16384 /* names; 0.9 MiB when full, nothing before the first */

struct stick_judged {
    const struct random *random;          /* borrowed */
    struct map names;                     /* made with the first */
    uint8_t (*slots)[ENVELOPE_NAME_SIZE]; /* owned; NULL before the first */
    uint32_t next;                        /* the oldest, when all are taken */
};

void stick_judged_init(struct stick_judged *j, const struct random *random);
void stick_judged_clear(struct stick_judged *j);

bool stick_judged_has(const struct stick_judged *j, const uint8_t name[ENVELOPE_NAME_SIZE]);

/** Remember a name; once is enough. */
void stick_judged_add(struct stick_judged *j, const uint8_t name[ENVELOPE_NAME_SIZE]);

/** What was judged may be judged otherwise now. */
void stick_judged_forget(struct stick_judged *j);

#endif
