/*
 * Codec of identify messages.
 */
#include "net/identify_msg.h"

enum identify_field {
    IDENTIFY_PUBLIC_KEY = 1,
    IDENTIFY_ADDRESS = 2,
    IDENTIFY_PROTOCOL = 3,
    IDENTIFY_OBSERVED = 4,
    IDENTIFY_VERSION = 5,
    IDENTIFY_AGENT = 6,
    IDENTIFY_RECORD = 8,
    IDENTIFY_UNIX_MS = 1000 /* ours: others skip it */
};

static void identify_msg_take(struct identify_msg *m, const struct pb_field *field)
{
    switch (field->number) {
    case IDENTIFY_PUBLIC_KEY:
        m->public_key = field->bytes;
        return;
    case IDENTIFY_ADDRESS:
        if (m->address_count < IDENTIFY_MSG_ADDRESSES_MAX) {
            m->addresses[m->address_count++] = field->bytes;
        }
        return;
    case IDENTIFY_PROTOCOL:
        if (m->protocol_count < IDENTIFY_MSG_PROTOCOLS_MAX) {
            m->protocols[m->protocol_count++] = field->bytes;
        }
        return;
    case IDENTIFY_OBSERVED:
        m->observed = field->bytes;
        return;
    case IDENTIFY_VERSION:
        m->protocol_version = field->bytes;
        return;
    case IDENTIFY_AGENT:
        m->agent = field->bytes;
        return;
    case IDENTIFY_RECORD:
        m->record = field->bytes;
        return;
    default:
        return; /* newer fields are nobody's concern here */
    }
}

int identify_msg_decode(struct identify_msg *m, struct span bytes)
{
    struct identify_msg read = *m;
    struct pb p;
    struct pb_field field;
    pb_init(&p, bytes);
    while (pb_next(&p, &field)) {
        if (field.wire == PB_BYTES) {
            identify_msg_take(&read, &field);
        } else if (field.wire == PB_VARINT && field.number == IDENTIFY_UNIX_MS) {
            read.unix_ms = field.value;
        }
    }
    int rc = pb_finish(&p);
    if (rc == 0) {
        *m = read;
    }
    return rc;
}

static void identify_msg_put(struct wr *w, uint32_t number, struct span value)
{
    if (value.ptr != NULL) {
        pb_write_bytes(w, number, value);
    }
}

void identify_msg_encode(struct wr *w, const struct identify_msg *m)
{
    identify_msg_put(w, IDENTIFY_PUBLIC_KEY, m->public_key);
    for (size_t i = 0; i < m->address_count; i++) {
        pb_write_bytes(w, IDENTIFY_ADDRESS, m->addresses[i]);
    }
    for (size_t i = 0; i < m->protocol_count; i++) {
        pb_write_bytes(w, IDENTIFY_PROTOCOL, m->protocols[i]);
    }
    identify_msg_put(w, IDENTIFY_OBSERVED, m->observed);
    identify_msg_put(w, IDENTIFY_VERSION, m->protocol_version);
    identify_msg_put(w, IDENTIFY_AGENT, m->agent);
    identify_msg_put(w, IDENTIFY_RECORD, m->record);
    if (m->unix_ms > 0) {
        pb_write_varint(w, IDENTIFY_UNIX_MS, m->unix_ms);
    }
}
