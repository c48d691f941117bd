/*
 * A way to bring an envelope nearer to a device: a direct stream, multi-hop, the own mailbox, the
 * broadcast tree, a stick, a radio. The courier chooses among them by what they say of themselves;
 * a way knows envelopes and devices, never messages.
 *
 * Source: docs/protocol/envelope.md, "Ways".
 */
#ifndef COURIER_WAY_H
#define COURIER_WAY_H

#include "courier/envelope.h"

#define WAY_MAX 8 /* ways of one outbox; radios and foreign meshes included */

/* Who sees that these two talk. The order is the order of preference. */
enum way_privacy { WAY_NOBODY_ELSE, WAY_RELAYS, WAY_MEMBERS };

/* What became of an envelope that was offered. */
enum way_fate {
    WAY_SENT,  /* it left; whether it came is not known */
    WAY_TAKEN, /* the recipient's device says that it is durable there */
    WAY_HELD,  /* this way goes on by itself: the own mailbox */
    WAY_FAILED /* it did not get there: another way */
};

#define WAY_CLASS(number) (1u << (number))
#define WAY_ALL_CLASSES 0x1eu

struct way_parcel {
    uint64_t row;          /* to be named when the fate is known */
    const uint8_t *device; /* ENVELOPE_DEVICE_SIZE; borrowed, as the next */
    struct span envelope;  /* encoded */
    enum envelope_class class_number;
};

struct way_ops {
    const char *name;
    size_t size_max;      /* bytes of an encoded envelope */
    uint32_t rate;        /* bytes a second, about; not 0 */
    uint64_t delay_ns;    /* until it is there, about */
    uint64_t patience_ns; /* rows that are younger do not take it */
    enum way_privacy privacy;
    uint32_t classes; /* it carries, as WAY_CLASS */
    bool is_dear;     /* airtime: never for bulk */
    /* Bytes that it would take now towards `device`; 0 when it does not reach it. What was offered
     * and has not left yet is already taken off. */
    size_t (*credit)(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE]);
    /* Take it: it leaves when what this turn wrote is committed. Its fate is told later, by
     * outbox_fate. */
    void (*offer)(void *context, const struct way_parcel *parcel);
    void *context;
};

#endif
