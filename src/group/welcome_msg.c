/*
 * Codec of a pairing's welcome.
 */
#include "group/welcome_msg.h"

#define MEMBER 1
#define INVITER 2

int welcome_msg_read(struct welcome_msg *m, struct span bytes)
{
    struct pb p;
    struct pb_field f;

    *m = (struct welcome_msg){.member = NULL};
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        bool is_id = f.wire == PB_BYTES && f.bytes.len == WELCOME_MSG_ID_SIZE;

        if (f.number != MEMBER && f.number != INVITER) {
            continue; /* of a newer wavu */
        }
        if (!is_id) {
            return WAVU_ERR_PROTO;
        }
        if (f.number == MEMBER) {
            m->member = f.bytes.ptr;
        } else {
            m->inviter = f.bytes.ptr;
        }
    }
    bool is_whole = pb_finish(&p) == 0 && m->member != NULL && m->inviter != NULL;
    return is_whole ? 0 : WAVU_ERR_PROTO;
}

void welcome_msg_write(struct wr *w, const struct welcome_msg *m)
{
    pb_write_bytes(w, MEMBER, span_of(m->member, WELCOME_MSG_ID_SIZE));
    pb_write_bytes(w, INVITER, span_of(m->inviter, WELCOME_MSG_ID_SIZE));
}
