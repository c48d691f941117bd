/*
 * Who may talk about which log. Source: docs/protocol/network.md and pairing.md.
 */
#include "group/networks_admit.h"

#include <string.h>

#include "members/pairing.h"

struct gate_link networks_admit_link(const struct networks_talk *t, bool is_ours)
{
    const struct overlay_id *self = &t->owner->self;

    return (struct gate_link){.binding = conn_binding(stream_conn(t->stream)),
                              .prover = is_ours ? *self : t->device,
                              .judge = is_ours ? t->device : *self};
}

/* A device of ours that the log does not know may have news; one that was put out has none. */
static bool is_unknown(const struct networks_one *one, const struct overlay_id *device)
{
    return members_state_device(&one->network.state, device->bytes) == MEMBERS_STATE_NO_DEVICE;
}

bool networks_admit_is_put_out(const struct networks_one *one, const struct overlay_id *device)
{
    return network_standing(&one->network, device) != NETWORK_MEMBER && !is_unknown(one, device);
}

/* May the device ask, or bring news? One that was put out may not, nor one that forked; one that
 * left may: it may have been invited again since. */
static bool may_ask(const struct networks_one *one, const struct overlay_id *device)
{
    const struct members_state *state = &one->network.state;

    return !networks_admit_is_put_out(one, device) ||
           (members_state_device(state, device->bytes) == MEMBERS_STATE_ORPHAN &&
            !members_state_is_device_cut(state, device->bytes));
}

/* The peer knows the network; does it belong? */
static void judge(struct networks_talk *t, struct networks_one *one, const uint8_t *tag)
{
    bool belongs = network_standing(&one->network, &t->device) == NETWORK_MEMBER;

    t->one = one;
    /* It is heard before it is judged, and given nothing; so only as the one who opened. */
    bool is_heard = t->talk.role == LOG_TALK_ANSWERER && may_ask(one, &t->device);
    if (networks_admit_is_put_out(one, &t->device) && !is_heard) {
        log_talk_refuse(&t->talk, NETWORK_MSG_NOT_INVITED);
        return;
    }
    if (!belongs && t->talk.role == LOG_TALK_ANSWERER) {
        log_talk_withhold(&t->talk); /* who opened gives first, or two strangers would both wait */
    }
    log_talk_accept(&t->talk, &one->network.log, tag, one->network.hash);
}

int networks_admit_proved(struct networks_talk *t, struct log_talk_event *event)
{
    struct networks *n = t->owner;
    struct gate_link theirs = networks_admit_link(t, false);
    struct gate_link ours = networks_admit_link(t, true);
    uint8_t tag[NETWORK_MSG_TAG_SIZE];
    size_t key = 0;

    if (t->talk.role == LOG_TALK_OPENER) {
        if (t->one != NULL &&
            network_recognise(&t->one->network, &theirs, event->tags, event->tag_count, &key)) {
            judge(t, t->one, NULL);
            return 0;
        }
        return WAVU_ERR_CRYPTO;
    }
    for (struct networks_one *one = networks_next(n, NULL); one != NULL;
         one = networks_next(n, one)) {
        /* Of one that we left, too: who comes may not have heard of it. */
        if ((one->standing == NETWORKS_LIVE || networks_leave_is_done(one)) &&
            network_recognise(&one->network, &theirs, event->tags, event->tag_count, &key)) {
            network_answer(&one->network, &ours, key, tag);
            judge(t, one, tag);
            return 0;
        }
    }
    log_talk_refuse(&t->talk, NETWORK_MSG_WRONG_NETWORK);
    return 0;
}

/* Was that person invited? Its device has the root's signature for ever, so not one that the root
 * removed, also when it was that of a member who left since. */
static bool is_guest(const struct networks_one *one, const struct networks_talk *t,
                     const uint8_t root[MEMBERS_MSG_KEY_SIZE])
{
    return network_guest(&one->network, root, NULL) &&
           !members_state_was_removed(&one->network.state, t->device.bytes);
}

/* A device of somebody who belongs: one that the log knows, or another one, which that person's
 * root is about to bring in. One that was put out has the root's signature, too, and stays out. */
static bool is_own(const struct networks_one *one, const struct networks_talk *t,
                   const uint8_t root[MEMBERS_MSG_KEY_SIZE])
{
    return network_standing(&one->network, &t->device) == NETWORK_MEMBER ||
           (is_unknown(one, &t->device) && network_belongs(&one->network, root, NULL));
}

/* Is it a live one, and that which the event names, if it names one? */
static bool is_named(const struct networks_one *one, const struct log_talk_event *event)
{
    return one->standing == NETWORKS_LIVE &&
           (!event->has_network ||
            span_is_equal(span_of(members_network(&one->network.log), MEMBERS_MSG_ID_SIZE),
                          span_of(event->network, MEMBERS_MSG_ID_SIZE)));
}

/* The open network that is asked for, or the first. */
static struct networks_one *open_one(struct networks *n, const struct log_talk_event *event)
{
    struct networks_one *one = networks_next(n, NULL);

    while (one != NULL && (!is_named(one, event) || one->network.log.policy != MEMBERS_MSG_OPEN)) {
        one = networks_next(n, one);
    }
    return one;
}

/* Let it in: this device invites that person, who joins as any other guest does. What was signed
 * is on the disk before the talk goes on. */
static int admit(struct networks_talk *t, struct networks_one *one, const uint8_t *root)
{
    uint8_t source[OPEN_DOOR_SOURCE_SIZE];
    uint8_t member[MEMBERS_MSG_ID_SIZE];

    if (network_was_revoked(&one->network, root) || !may_ask(one, &t->device)) {
        return WAVU_ERR_DENIED;
    }
    if (is_guest(one, t, root) || is_own(one, t, root)) {
        return 0; /* it came before, and was cut off; or it is another device */
    }
    _Static_assert(OPEN_DOOR_SOURCE_SIZE == PAIRING_HOST_SOURCE_SIZE, "one form of both");
    networks_pair_source(t->stream, source);
    if (one->row.sequence >= OPEN_DOOR_CHAIN_MAX ||
        open_door_ask(&t->owner->door, t->owner->turn->now_ns, source) < 0) {
        return WAVU_ERR_AGAIN;
    }
    int rc = networks_let_in(one, root, member);

    return rc == WAVU_ERR_LIMIT ? WAVU_ERR_AGAIN : rc; /* another node may have room */
}

static void on_asked(struct networks_talk *t, const struct log_talk_event *event)
{
    struct networks_one *one = open_one(t->owner, event);
    int rc = one == NULL ? WAVU_ERR_DENIED : admit(t, one, event->root);

    if (t->is_over) {
        return;
    }
    if (rc < 0) {
        log_talk_refuse(&t->talk,
                        rc == WAVU_ERR_AGAIN ? NETWORK_MSG_NOT_NOW : NETWORK_MSG_NOT_INVITED);
        return;
    }
    t->one = one;
    t->grown = one->network.log.op_count;
    log_talk_accept(&t->talk, &one->network.log, NULL, one->network.hash);
}

/* The network that a guest comes into: that which it names, or else one that has invited it, before
 * one that it brings another device to: who belongs to the one may be invited to the other. */
static struct networks_one *guests_one(const struct networks_talk *t,
                                       const struct log_talk_event *event)
{
    struct networks_one *own = NULL;

    for (struct networks_one *one = networks_next(t->owner, NULL); one != NULL;
         one = networks_next(t->owner, one)) {
        if (!is_named(one, event)) {
            continue;
        }
        if (is_guest(one, t, event->root)) {
            return one;
        }
        own = own == NULL && is_own(one, t, event->root) ? one : own;
    }
    return own;
}

/* Has a network of ours invited that person, and is the link's device that person's? */
void networks_admit_guest(struct networks_talk *t, const struct log_talk_event *event)
{
    struct networks *n = t->owner;
    bool is_theirs = pairing_check_certificate(event->certificate, n->config.signer, event->root,
                                               t->device.bytes) == 0;

    memcpy(t->invited, event->root, sizeof t->invited);
    t->serves_guest = true;
    if (event->is_open && is_theirs) {
        on_asked(t, event);
        return;
    }
    struct networks_one *one = is_theirs ? guests_one(t, event) : NULL;

    if (one == NULL) {
        log_talk_refuse(&t->talk, NETWORK_MSG_NOT_INVITED);
        return;
    }
    t->one = one;
    t->grown = one->network.log.op_count;
    log_talk_accept(&t->talk, &one->network.log, NULL, one->network.hash);
}
