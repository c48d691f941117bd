/*
 * Room in a membership log. Every member has an account, and another one together with all under
 * it; the founder's second is the whole log's. Each is a small log: a quarter of it is for what
 * takes power away. What is beyond an account is refused, unless an operation of somebody else
 * rests on it: then it comes in as a guest of that one, so that no forks of a hostile key can keep
 * what others sign from any node. Guests are counted apart from what a member and those under it
 * sign themselves: however many somebody else's forks make them, own operations have their room.
 * What revocations rest on may use the quarter that is for them. Who has no room for guests any
 * more gives its place to the next that needs the same; the founder has room as long as the log.
 */
#include "members/members_room.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "members/members_admit.h"
#include "members/members_places.h"

#define OWN_SHIFT 3 /* one member: 1 part in 8; a member and all under it: 1 in 2, in 4, in 8 */

#define OPEN_SHIFT 6 /* where whoever asks is a member: 1 part in 64 */

/* All who came into an open network by asking are together what one invitee of the founder is with
 * all under it: half of the log, a quarter of its reserve, and a quarter for guests. */
#define DOORS_SHIFT 1
#define DOORS_TAKE_SHIFT 2
#define DOORS_GUESTS_SHIFT 2

_Static_assert((1 << OWN_SHIFT) == MEMBERS_SHARE, "a member's part");
_Static_assert((1 << OPEN_SHIFT) == MEMBERS_SHARE_OPEN, "and in an open network");
_Static_assert((1 << DOORS_SHIFT) == MEMBERS_SHARE_DOORS, "all who asked");
_Static_assert(MEMBERS_REFUSED_MAX >= MEMBERS_OPERATIONS_MAX / MEMBERS_SHARE,
               "as many names are kept as one member can have elsewhere");

static struct span id_span(const uint8_t *id)
{
    return span_of(id, MEMBERS_MSG_ID_SIZE);
}

static const struct members_patron nobody = {.member = MEMBERS_NONE};

static bool is_taking(const struct members_msg *m)
{
    return m->is_known && members_admit_takes((uint32_t)m->kind);
}

/* May it use the reserve, when there is no other room? Who goes is kept by nobody's flood; and the
 * founder brings heads together in a full log, too, or epochs stood still once somebody has gone.
 */
static bool may_reserve(const struct members *log, const struct members_msg *m)
{
    return m->is_known && (m->kind == MEMBERS_MSG_LEAVE ||
                           (m->kind == MEMBERS_MSG_MERGE &&
                            span_is_equal(m->member, id_span(members_network(log)))));
}

/* What an account can still take, of one part in 2^shift of the log and in 2^take_shift of its
 * reserve; 0: of what is left, all. */
static bool fits(const struct members_use *use, uint32_t shift, uint32_t take_shift, bool takes,
                 size_t len)
{
    const uint32_t all_ops = MEMBERS_OPERATIONS_MAX;
    const uint32_t take_ops = all_ops / MEMBERS_RESERVE;
    const size_t take_bytes = MEMBERS_BYTES_MAX / MEMBERS_RESERVE;
    uint32_t ops = all_ops - (takes ? 0 : take_ops);
    size_t bytes = MEMBERS_BYTES_MAX - (takes ? 0 : take_bytes);
    if (use->ops >= ops >> shift || use->bytes + len > bytes >> shift) {
        return false;
    }
    return !takes || take_shift == 0 ||
           (use->takes < take_ops >> take_shift &&
            use->take_bytes + len <= take_bytes >> take_shift);
}

static uint32_t shift_of(const struct members_member *member)
{
    return member->depth < OWN_SHIFT ? member->depth : OWN_SHIFT;
}

/* Of the reserve half as much: a branch never has the last eighth of the log. */
static uint32_t take_shift_of(const struct members_member *member)
{
    return shift_of(member) + 1;
}

static uint32_t guest_shift_of(const struct members_member *member)
{
    return member->depth + 1 < OWN_SHIFT ? member->depth + 1 : OWN_SHIFT;
}

/* One's own, and one's guests: into an open network one person comes with many keys. */
static uint32_t own_shift_of(const struct members *log, uint32_t member)
{
    return log->policy == MEMBERS_MSG_OPEN && member != MEMBERS_GENESIS ? OPEN_SHIFT : OWN_SHIFT;
}

/* Guests leave the last eighth of the log to the revocations of those who have room themselves. */
static bool leaves_some(const struct members_use *all, size_t len)
{
    const uint32_t last_ops = MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE / 2;
    const size_t last_bytes = MEMBERS_BYTES_MAX / MEMBERS_RESERVE / 2;
    return all->ops < MEMBERS_OPERATIONS_MAX - last_ops &&
           all->bytes + len <= MEMBERS_BYTES_MAX - last_bytes;
}

static bool can_doors_pay(const struct members *log, bool is_guest, bool takes, size_t len)
{
    return is_guest ? fits(&log->doors_guests, DOORS_GUESTS_SHIFT, DOORS_GUESTS_SHIFT, takes, len)
                    : fits(&log->doors, DOORS_SHIFT, DOORS_TAKE_SHIFT, takes, len);
}

/* Is there room among what `member` has there itself, or brought in of others? */
static bool can_pay(const struct members *log, uint32_t member, bool is_guest, bool takes,
                    size_t len)
{
    const struct members_member *at = &log->members[member];
    const uint32_t own = own_shift_of(log, member);
    bool is_free = is_guest && member == MEMBERS_GENESIS;
    if (!is_free && !fits(is_guest ? &at->guests : &at->own, own, own, takes, len)) {
        return false;
    }
    if (at->is_by_door && !can_doors_pay(log, is_guest, takes, len)) {
        return false;
    }
    for (; member != MEMBERS_GENESIS; member = at->inviter) {
        at = &log->members[member];
        uint32_t shift = guest_shift_of(at);
        if (is_guest ? !fits(&at->under_guests, shift, shift, takes, len)
                     : !fits(&at->under, shift_of(at), take_shift_of(at), takes, len)) {
            return false;
        }
    }
    const struct members_use *all = &log->members[MEMBERS_GENESIS].under;
    return fits(all, 0, 0, takes, len) && (!is_guest || leaves_some(all, len));
}

bool members_room_can_host(const struct members *log, const struct members_patron *patron)
{
    return patron->member != MEMBERS_NONE &&
           can_pay(log, patron->member, true, patron->is_urgent, MEMBERS_MSG_SIZE_MAX);
}

bool members_room_has_door(const struct members *log, uint32_t member)
{
    /* The person behind the door has the other half of its account. */
    const uint32_t own = own_shift_of(log, member) + 1;
    return fits(&log->members[member].own, own, own, false, MEMBERS_MSG_SIZE_MAX) &&
           can_doors_pay(log, false, false, MEMBERS_MSG_SIZE_MAX);
}

bool members_room_is_better(const struct members *log, const struct members_patron *now,
                            const struct members_patron *next)
{
    return next->member != MEMBERS_NONE &&
           (now->member == MEMBERS_NONE ||
            (!members_room_can_host(log, now) && members_room_can_host(log, next)));
}

bool members_room_is_left(const struct members *log, const struct members_msg *m, size_t len,
                          bool is_urgent)
{
    return fits(&log->members[MEMBERS_GENESIS].under, 0, 0, is_urgent || is_taking(m), len);
}

/* Has the chain room, its forks counted? */
static bool has_chain_room(const struct members *log, const struct members_msg *m, uint32_t seat)
{
    const struct members_seat *at = log->seats[seat];
    bool is_fork = m->previous.len == 0 && at->has_first;
    if (m->previous.len > 0) {
        const struct members_op *previous = members_find(log, m->previous.ptr);
        is_fork = previous != NULL && previous->has_next;
    }
    return at->ops < MEMBERS_SEQUENCE_MAX &&
           (!is_taking(m) || at->takes < MEMBERS_REVOCATIONS_MAX) &&
           (!is_fork || at->branches < MEMBERS_BRANCHES_MAX);
}

/* May `m` come in as a guest of `patron`? Of the quarter for revocations only when it must. */
static bool hosts(const struct members *log, const struct members_msg *m, size_t len,
                  struct members_patron *patron)
{
    bool takes = is_taking(m);
    if (patron->member == MEMBERS_NONE) {
        return false;
    }
    patron->is_reserve = !can_pay(log, patron->member, true, takes, len);
    return !patron->is_reserve ||
           (patron->is_urgent && can_pay(log, patron->member, true, true, len));
}

struct members_patron members_room_patron(const struct members *log, const struct members_msg *m,
                                          const uint8_t id[MEMBERS_MSG_ID_SIZE], uint32_t member,
                                          size_t len)
{
    struct members_patron patron;
    const struct members_pending *p = map_get(&log->waiting, id_span(id));
    for (; p != NULL; p = p->next) {
        patron = p->patron;
        if (patron.member != member && hosts(log, m, len, &patron)) {
            return patron;
        }
    }
    const struct members_refused *r = map_get(&log->refused_map, id_span(id));
    patron = r != NULL ? r->patron : nobody;
    return patron.member != member && hosts(log, m, len, &patron) ? patron : nobody;
}

struct members_patron members_room_payer(const struct members *log, const struct members_msg *m,
                                         const uint8_t id[MEMBERS_MSG_ID_SIZE], uint32_t seat,
                                         size_t len)
{
    uint32_t member = log->seats[seat]->member;
    bool has_room = has_chain_room(log, m, seat);
    if (has_room && can_pay(log, member, false, is_taking(m), len)) {
        return (struct members_patron){.member = member, .is_urgent = is_taking(m)};
    }
    if (has_room && may_reserve(log, m) && can_pay(log, member, false, true, len)) {
        return (struct members_patron){.member = member, .is_urgent = true, .is_reserve = true};
    }
    return members_room_patron(log, m, id, member, len);
}

static void add(struct members_use *use, const struct members_op *op)
{
    bool takes = op->is_reserve || members_admit_takes(op->kind);
    use->ops++;
    use->bytes += op->len;
    use->takes += takes ? 1 : 0;
    use->take_bytes += takes ? op->len : 0;
}

/* What is charged to doors, too: also their invitations, so that many doors are not a way around
 * it; of those none is refused for it, or the chain of whoever keeps a door would be stopped by
 * other doors. NULL: it is a person's. */
static struct members_use *doors_of(struct members *log, const struct members_op *op)
{
    if (op->payer != op->member) {
        return log->members[op->payer].is_by_door ? &log->doors_guests : NULL;
    }
    return op->is_by_door || log->members[op->member].is_by_door ? &log->doors : NULL;
}

void members_room_charge(struct members *log, const struct members_op *op)
{
    if (op->seat != MEMBERS_NONE) {
        struct members_seat *seat = log->seats[op->seat];
        seat->ops++;
        seat->takes += members_admit_takes(op->kind) ? 1 : 0;
    }
    uint32_t member = op->payer;
    bool is_guest = member != op->member;
    struct members_use *doors = doors_of(log, op);
    if (doors != NULL) {
        add(doors, op);
    }
    add(is_guest ? &log->members[member].guests : &log->members[member].own, op);
    for (; member != MEMBERS_GENESIS; member = log->members[member].inviter) {
        struct members_member *at = &log->members[member];
        add(is_guest ? &at->under_guests : &at->under, op);
    }
    add(&log->members[MEMBERS_GENESIS].under, op);
}

/* What was refused on the way to `id`, and it. */
static void want_refused(struct members *log, const uint8_t *id, struct members_patron patron)
{
    struct members_patron seen = nobody; /* the last that had to give way */
    struct members_refused *r = NULL;
    while ((r = map_get(&log->refused_map, id_span(id))) != NULL) {
        bool is_seen = seen.member != MEMBERS_NONE && r->patron.member == seen.member &&
                       r->patron.is_urgent == seen.is_urgent;
        if (!is_seen && !members_room_is_better(log, &r->patron, &patron)) {
            return;
        }
        seen = r->patron;
        r->patron = patron;
        if (!r->has_previous) {
            return;
        }
        id = r->previous;
    }
}

/* Let what waits under `id` need what it names on the account of `patron`, too, when its own has
 * no room: it goes to the front of `todo` then. */
static struct members_pending *want_waiting(struct members *log, const uint8_t *id,
                                            struct members_patron patron,
                                            struct members_pending *todo)
{
    struct members_pending *p = map_get(&log->pending_map, id_span(id));
    if (p == NULL || !members_room_is_better(log, &p->patron, &patron)) {
        return todo;
    }
    p->patron = patron;
    p->rank = members_places_rank(log, p->member, &p->patron);
    p->todo = todo;
    return p;
}

/* Each that waits takes a patron at most once, since that one has room: so this ends. */
void members_room_want(struct members *log, const struct members_msg *m,
                       struct members_patron patron)
{
    struct members_pending *todo = NULL;
    struct members_msg of = *m;
    bool is_more = patron.member != MEMBERS_NONE;
    while (is_more) {
        struct span id;
        for (size_t i = 0; members_admit_named(&of, i, &id); i++) {
            if (id.len > 0) {
                want_refused(log, id.ptr, patron);
                todo = want_waiting(log, id.ptr, patron, todo);
            }
        }
        is_more = todo != NULL;
        if (is_more) {
            CHECK(members_msg_decode(&of, span_of(todo->bytes, todo->len)) == 0);
            todo = todo->todo;
        }
    }
}

/* The next place in the ring: what somebody needs is kept as long as there is something else. */
static struct members_refused *next_refused(struct members *log)
{
    struct members_refused *r = NULL;
    for (uint32_t i = 0; i < MEMBERS_REFUSED_MAX; i++) {
        r = &log->refused_ops[log->refused_at];
        log->refused_at = (log->refused_at + 1) % MEMBERS_REFUSED_MAX;
        if (!r->is_used || r->patron.member == MEMBERS_NONE) {
            break;
        }
    }
    return r;
}

void members_room_refuse(struct members *log, const struct members_msg *m,
                         const uint8_t id[MEMBERS_MSG_ID_SIZE])
{
    if (map_get(&log->refused_map, id_span(id)) != NULL) {
        return;
    }
    if (log->refused_ops == NULL) {
        log->refused_ops = mem_new_array(MEMBERS_REFUSED_MAX, sizeof *log->refused_ops);
    }
    struct members_refused *r = next_refused(log);
    if (r->is_used) {
        (void)map_remove(&log->refused_map, id_span(r->id));
    }
    memset(r, 0, sizeof *r);
    memcpy(r->id, id, sizeof r->id);
    r->patron = nobody;
    r->is_used = true;
    if (m->previous.len > 0) {
        r->has_previous = true;
        memcpy(r->previous, m->previous.ptr, sizeof r->previous);
    }
    (void)map_put(&log->refused_map, id_span(r->id), r);
    const struct members_pending *p = map_get(&log->waiting, id_span(id));
    for (; p != NULL; p = p->next) {
        want_refused(log, id, p->patron);
    }
}

void members_room_forget(struct members *log, const uint8_t id[MEMBERS_MSG_ID_SIZE])
{
    struct members_refused *r = map_remove(&log->refused_map, id_span(id));
    if (r != NULL) {
        r->is_used = false;
    }
}

void members_room_clear(struct members *log)
{
    map_clear(&log->refused_map);
    mem_free(log->refused_ops);
    log->refused_ops = NULL;
}

static void add_up(struct members_use *sum, const struct members_use *part)
{
    sum->ops += part->ops;
    sum->takes += part->takes;
    sum->bytes += part->bytes;
    sum->take_bytes += part->take_bytes;
}

static void check_same(const struct members_use *a, const struct members_use *b)
{
    CHECK(a->ops == b->ops && a->takes == b->takes && a->bytes == b->bytes &&
          a->take_bytes == b->take_bytes);
}

void members_room_check(const struct members *log)
{
    struct members_use *own = mem_new_array(log->member_count, sizeof *own);
    struct members_use *guests = mem_new_array(log->member_count, sizeof *guests);
    struct members_use *under = mem_new_array(log->member_count, sizeof *under);
    struct members_use *under_guests = mem_new_array(log->member_count, sizeof *under_guests);
    struct members_use doors = {.ops = 0};
    struct members_use doors_guests = {.ops = 0};
    for (uint32_t i = 0; i < log->op_count; i++) {
        const struct members_op *op = log->ops[i];
        const struct members_member *payer = &log->members[op->payer];
        bool is_guest = op->payer != op->member;
        add(is_guest ? &guests[op->payer] : &own[op->payer], op);
        if (payer->is_by_door || (op->is_by_door && !is_guest)) {
            add(is_guest ? &doors_guests : &doors, op);
        }
    }
    check_same(&doors, &log->doors);
    check_same(&doors_guests, &log->doors_guests);
    for (uint32_t i = log->member_count; i-- > 0;) { /* who is under somebody stands behind */
        const struct members_member *m = &log->members[i];
        add_up(&under[i], &own[i]);
        add_up(&under_guests[i], &guests[i]);
        check_same(&own[i], &m->own);
        check_same(&guests[i], &m->guests);
        if (i == MEMBERS_GENESIS) { /* the whole log's */
            add_up(&under[i], &under_guests[i]);
        } else {
            check_same(&under_guests[i], &m->under_guests);
            add_up(&under[m->inviter], &under[i]);
            add_up(&under_guests[m->inviter], &under_guests[i]);
        }
        check_same(&under[i], &m->under);
    }
    mem_free(own);
    mem_free(guests);
    mem_free(under);
    mem_free(under_guests);
    size_t used = 0;
    for (uint32_t i = 0; log->refused_ops != NULL && i < MEMBERS_REFUSED_MAX; i++) {
        const struct members_refused *r = &log->refused_ops[i];
        used += r->is_used ? 1 : 0;
        CHECK(!r->is_used || map_get(&log->refused_map, id_span(r->id)) == r);
    }
    CHECK(used == log->refused_map.count);
}
