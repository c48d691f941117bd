/*
 * What members say of this device: in a talk, after they had heard what it brings, that it is not
 * invited. Links that come or stood, and talks in which both gave their logs, say otherwise. The
 * owner is told when a person has to know, and when not any more.
 *
 * Source: docs/protocol/network.md, "What members say".
 */
#include "group/networks_core.h"

/* Whose live device that is; NULL: nobody's, by this log. */
static const uint8_t *member_of(const struct networks_one *one, const struct overlay_id *device,
                                uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    return network_member_of(&one->network, device->bytes, member) ? member : NULL;
}

/* Devices of the same person are out together: they let nobody in. */
static bool is_own(const struct networks_one *one, const uint8_t *member)
{
    return member != NULL && span_is_equal(span_of(member, MEMBERS_MSG_ID_SIZE),
                                           span_of(one->row.member, sizeof one->row.member));
}

/* Words have come or gone: over a restart, too, since who was refused asks nobody again. */
static void keep(struct networks_one *one)
{
    struct networks *n = one->owner;

    if (one->is_stored && !n->is_shut) {
        (void)!denials_keep(&one->denials, n->config.store, one->row.id); /* or it is heard again */
    }
}

void networks_denied_look(struct networks_one *one)
{
    const struct networks_event event = {.kind = NETWORKS_DENIED, .one = one};
    const bool is_denied = one->standing == NETWORKS_LIVE && !one->is_leaving &&
                           denials_hold(&one->denials, &one->network, one->row.member);

    if (is_denied != one->is_denied) {
        one->is_denied = is_denied;
        networks_tell(one->owner, &event);
    }
}

void networks_denied_by(struct networks_one *one, const struct overlay_id *device)
{
    uint8_t space[MEMBERS_MSG_ID_SIZE];
    const uint8_t *member = member_of(one, device, space);

    if (one->standing != NETWORKS_LIVE || member == NULL) {
        return; /* strangers say what they like */
    }
    if (denials_said(&one->denials, one->owner->turn->now_ns, member)) {
        keep(one);
    }
    networks_denied_look(one);
}

void networks_denied_met(struct networks_one *one, const struct overlay_id *device)
{
    uint8_t space[MEMBERS_MSG_ID_SIZE];
    const uint8_t *member = member_of(one, device, space);

    if (member != NULL && !is_own(one, member) &&
        denials_let_in(&one->denials, one->owner->turn->now_ns, member)) {
        keep(one);
    }
    networks_denied_look(one);
}

/* Neighbours that let us in. */
static size_t count_linked(const struct networks_one *one, const struct views *views)
{
    uint8_t space[MEMBERS_MSG_ID_SIZE];
    const struct overlay_id *device = NULL;
    size_t count = 0;
    size_t at = 0;

    while ((device = views_next_active(views, &at)) != NULL) {
        const uint8_t *member = member_of(one, device, space);

        count += member != NULL && !is_own(one, member) ? 1 : 0;
    }
    return count;
}

void networks_denied_linked(struct networks_one *one, const struct overlay_id *device,
                            const struct views *views)
{
    uint8_t space[MEMBERS_MSG_ID_SIZE];
    const uint8_t *member = member_of(one, device, space);
    const size_t linked = count_linked(one, views);

    if (is_own(one, member)) {
        one->denials.linked = linked;
    } else if (denials_linked(&one->denials, one->owner->turn->now_ns, member, linked)) {
        keep(one);
    }
    networks_denied_look(one);
}

void networks_denied_forget(struct networks_one *one)
{
    bool had_words = one->denials.count > 0;

    denials_clear(&one->denials);
    one->is_denied = false;
    if (had_words) {
        keep(one);
    }
}

bool networks_denied_is_said(const struct networks_one *one)
{
    return one->is_denied;
}
