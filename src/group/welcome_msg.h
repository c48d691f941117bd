/*
 * What an inviter hands to a newcomer behind the code: under which name it was invited, and by
 * whom. A codec; the bytes are authenticated by the pairing.
 *
 * Source: docs/protocol/pairing.md, pairing.proto (PairWelcome).
 */
#ifndef GROUP_WELCOME_MSG_H
#define GROUP_WELCOME_MSG_H

#include "base/pb.h"

#define WELCOME_MSG_ID_SIZE 32
#define WELCOME_MSG_SIZE_MAX (2 * (2 + WELCOME_MSG_ID_SIZE))

struct welcome_msg {
    const uint8_t *member;  /* the newcomer's invitation */
    const uint8_t *inviter; /* the member that signed it */
};

/** Read; pointers are borrowed. WAVU_ERR_PROTO. */
WARN_UNUSED int welcome_msg_read(struct welcome_msg *m, struct span bytes);
void welcome_msg_write(struct wr *w, const struct welcome_msg *m);

#endif
