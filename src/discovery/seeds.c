/*
 * Seeds: what is tried when.
 */
#include "discovery/seeds.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"

struct seeds_seed {
    char text[SEEDS_TEXT_MAX];
    struct multiaddr address; /* without peer id; may begin with a name */
    struct peerid named;      /* len 0: none */
    struct peerid peer;       /* who answered last */
    enum seeds_state state;
    uint32_t failures;
    uint64_t next_ns;
    uint64_t connected_ns;
    bool was_met;     /* connected at least once */
    bool has_changed; /* and nobody was told */
    bool wants_start; /* its LOOK_UP or DIAL was not given out yet */
    size_t found_count;
    struct multiaddr_ip found[SEEDS_ADDRESSES_MAX]; /* of a name, for the DIAL */
};

const char *seeds_state_name(enum seeds_state state)
{
    static const char *const names[SEEDS_STATES] = {
        [SEEDS_WAITING] = "waiting",
        [SEEDS_RESOLVING] = "resolving",
        [SEEDS_DIALING] = "dialing",
        [SEEDS_CONNECTED] = "connected",
        [SEEDS_NOT_INVITED] = "not invited",
        [SEEDS_WRONG_NETWORK] = "refused: wrong network",
        [SEEDS_UNREACHABLE] = "unreachable",
        [SEEDS_NO_NAME] = "unreachable: there is no such name",
        [SEEDS_NO_LOOKUP] = "unreachable: its name cannot be looked up now",
        [SEEDS_REFUSED] = "unreachable: nothing listens there",
        [SEEDS_OTHER_PEER] = "refused: another peer answers there",
        [SEEDS_HUNG_UP] = "refused: it hung up",
        [SEEDS_FOREIGN] = "refused: no common protocol",
        [SEEDS_DENIED] = "refused by this node: its own address, or its policy",
        [SEEDS_LOST] = "connection lost",
    };
    return names[state];
}

static void seeds_set_state(struct seeds *s, struct seeds_seed *seed, enum seeds_state state)
{
    bool was_under_way = seed->state == SEEDS_RESOLVING || seed->state == SEEDS_DIALING;
    bool is_under_way = state == SEEDS_RESOLVING || state == SEEDS_DIALING;
    s->under_way += is_under_way ? 1 : 0;
    s->under_way -= was_under_way ? 1 : 0;
    seed->has_changed = seed->has_changed || seed->state != state;
    seed->state = state;
}

static bool seeds_may_start(const struct seeds_seed *seed)
{
    return seed->state != SEEDS_RESOLVING && seed->state != SEEDS_DIALING &&
           seed->state != SEEDS_CONNECTED;
}

/* ---- When ---- */

static uint64_t seeds_delay(const struct seeds *s, uint32_t failures)
{
    uint64_t slow = s->config.is_low_power ? SEEDS_SLOW_LOW_NS : SEEDS_SLOW_NS;
    uint64_t delay = s->config.base_ns;
    if (failures >= s->config.retries) {
        return slow;
    }
    for (uint32_t i = 1; i < failures && delay < SEEDS_DELAY_NS_MAX; i++) {
        delay *= 2;
    }
    return delay < SEEDS_DELAY_NS_MAX ? delay : SEEDS_DELAY_NS_MAX;
}

/* Plan the next try. */
static void seeds_plan(const struct seeds *s, struct seeds_seed *seed, uint64_t now)
{
    uint64_t delay = seeds_delay(s, seed->failures);
    seed->next_ns = now + delay * 3 / 4 + random_below(s->config.random, delay / 2 + 1);
}

static void seeds_failed(struct seeds *s, struct seeds_seed *seed, enum seeds_state why,
                         uint64_t now)
{
    seeds_set_state(s, seed, why);
    seed->failures += seed->failures < UINT32_MAX ? 1 : 0;
    seeds_plan(s, seed, now);
}

static enum seeds_state seeds_reason(const struct seeds *s, int err)
{
    switch (err) {
    case WAVU_ERR_NOT_FOUND:
        return SEEDS_NO_NAME;
    case WAVU_ERR_REFUSED:
        return SEEDS_REFUSED;
    case WAVU_ERR_PEER_ID:
        return SEEDS_OTHER_PEER;
    case WAVU_ERR_DENIED:
        return SEEDS_DENIED;
    case WAVU_ERR_RESET:
    case WAVU_ERR_CLOSED:
        return SEEDS_HUNG_UP;
    case WAVU_ERR_PROTO:
        return s->config.is_private ? SEEDS_WRONG_NETWORK : SEEDS_FOREIGN;
    case WAVU_ERR_UNSUPPORTED:
    case WAVU_ERR_CRYPTO:
    case WAVU_ERR_DOWNGRADE:
    case WAVU_ERR_INVALID:
        return SEEDS_FOREIGN;
    default:
        return SEEDS_UNREACHABLE;
    }
}

/* A seed that was never spoken with may know a mesh that we do not: it is tried even when we have
 * neighbours. Two pairs that met each other first would stay two meshes for ever. */
static bool seeds_is_wanted(const struct seeds *s, const struct seeds_seed *seed)
{
    return seeds_may_start(seed) &&
           (s->is_wanted || (!seed->was_met && seed->state != SEEDS_DENIED));
}

void seeds_tick(struct seeds *s, uint64_t now)
{
    for (size_t i = 0; i < s->count; i++) {
        struct seeds_seed *seed = &s->items[i];
        struct multiaddr_part first = {.code = 0};
        size_t at = 0;
        if (!seeds_is_wanted(s, seed) || now < seed->next_ns || s->under_way >= SEEDS_AT_ONCE_MAX) {
            continue;
        }
        bool is_name = multiaddr_next(&seed->address, &at, &first) &&
                       (first.code == MULTIADDR_DNS || first.code == MULTIADDR_DNS4 ||
                        first.code == MULTIADDR_DNS6);
        seed->found_count = 0;
        seed->wants_start = true;
        seeds_set_state(s, seed, is_name ? SEEDS_RESOLVING : SEEDS_DIALING);
    }
}

uint64_t seeds_deadline(const struct seeds *s)
{
    uint64_t due = TIMERS_NEVER;
    if (s->under_way >= SEEDS_AT_ONCE_MAX) {
        return due;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct seeds_seed *seed = &s->items[i];
        if (seeds_is_wanted(s, seed) && seed->next_ns < due) {
            due = seed->next_ns;
        }
    }
    return due;
}

/* ---- What came of it ---- */

void seeds_resolved(struct seeds *s, size_t i, int err, const struct multiaddr_ip *found,
                    size_t count, uint64_t now)
{
    CHECK(i < s->count);
    struct seeds_seed *seed = &s->items[i];
    if (seed->state != SEEDS_RESOLVING) {
        return;
    }
    if (err < 0 || count == 0) {
        bool is_open = err < 0 && err != WAVU_ERR_NOT_FOUND; /* nobody said no */
        seeds_failed(s, seed, is_open ? SEEDS_NO_LOOKUP : SEEDS_NO_NAME, now);
        return;
    }
    seed->found_count = count < SEEDS_ADDRESSES_MAX ? count : SEEDS_ADDRESSES_MAX;
    memcpy(seed->found, found, seed->found_count * sizeof found[0]);
    seed->wants_start = true;
    seeds_set_state(s, seed, SEEDS_DIALING);
}

void seeds_dialled(struct seeds *s, size_t i, int err, const struct peerid *peer, uint64_t now)
{
    CHECK(i < s->count);
    struct seeds_seed *seed = &s->items[i];
    if (seed->state != SEEDS_DIALING) {
        return;
    }
    if (err == 0) {
        seed->peer = *peer;
        seed->was_met = true;
        seed->connected_ns = now;
        seed->next_ns = TIMERS_NEVER;
        seeds_set_state(s, seed, SEEDS_CONNECTED);
    } else if (err == WAVU_ERR_LIMIT || err == WAVU_ERR_AGAIN) {
        seeds_set_state(s, seed, SEEDS_WAITING); /* we are busy: no fault of the seed's */
        seed->next_ns = now + TIMERS_SECOND;
    } else {
        seeds_failed(s, seed, seeds_reason(s, err), now);
    }
}

void seeds_lost(struct seeds *s, const struct peerid *peer, uint64_t now)
{
    for (size_t i = 0; i < s->count; i++) {
        struct seeds_seed *seed = &s->items[i];
        if (seed->state == SEEDS_CONNECTED && peerid_is_equal(&seed->peer, peer)) {
            seed->failures = now - seed->connected_ns >= SEEDS_STEADY_NS ? 0 : seed->failures;
            seeds_failed(s, seed, SEEDS_LOST, now);
        }
    }
}

bool seeds_told(struct seeds *s, const struct peerid *peer, enum seeds_state verdict, uint64_t now)
{
    bool is_seed = false;
    CHECK(verdict == SEEDS_NOT_INVITED || verdict == SEEDS_WRONG_NETWORK);
    for (size_t i = 0; i < s->count; i++) {
        struct seeds_seed *seed = &s->items[i];
        if (!peerid_is_equal(&seed->peer, peer)) {
            continue;
        }
        is_seed = is_seed || seed->state == SEEDS_CONNECTED || seed->state == SEEDS_LOST;
        if (seed->state == SEEDS_CONNECTED) {
            seeds_failed(s, seed, verdict, now);
        } else if (seed->state == SEEDS_LOST) {
            seeds_set_state(s, seed, verdict); /* the word came with the end */
        }
    }
    return is_seed;
}

void seeds_set_wanted(struct seeds *s, bool is_wanted, uint64_t now)
{
    bool was_wanted = s->is_wanted;
    s->is_wanted = is_wanted;
    if (is_wanted && !was_wanted) {
        seeds_hurry(s, now);
    }
}

void seeds_hurry(struct seeds *s, uint64_t now)
{
    for (size_t i = 0; i < s->count; i++) {
        struct seeds_seed *seed = &s->items[i];
        if (seeds_may_start(seed)) {
            seed->failures = 0;
            seed->next_ns = now + random_below(s->config.random, s->config.base_ns + 1);
        }
    }
}

void seeds_set_power(struct seeds *s, bool is_low)
{
    s->config.is_low_power = is_low;
}

/* ---- Events ---- */

static void seeds_write_look_up(const struct seeds_seed *seed, struct seeds_event *event)
{
    struct multiaddr_part name = {.code = 0};
    size_t at = 0;
    event->kind = SEEDS_LOOK_UP;
    (void)multiaddr_next(&seed->address, &at, &name);
    CHECK(name.value.len < SEEDS_NAME_MAX);
    memcpy(event->name, name.value.ptr, name.value.len);
    event->name[name.value.len] = '\0';
    event->family = name.code == MULTIADDR_DNS4 ? 4 : (name.code == MULTIADDR_DNS6 ? 6 : 0);
}

/* The seed's address with `ip` in place of its name. False when that cannot be said. */
static bool seeds_replace_name(const struct multiaddr *address, const struct multiaddr_ip *ip,
                               struct multiaddr *out)
{
    struct multiaddr_part part;
    size_t at = 0;
    uint64_t code = ip->ip_len == 4 ? MULTIADDR_IP4 : MULTIADDR_IP6;
    *out = (struct multiaddr){.len = 0};
    int rc = multiaddr_append(out, code, span_of(ip->ip, ip->ip_len));
    (void)multiaddr_next(address, &at, &part);
    while (rc == 0 && multiaddr_next(address, &at, &part)) {
        rc = multiaddr_append(out, part.code, part.value);
    }
    return rc == 0;
}

static void seeds_write_dial(const struct seeds_seed *seed, struct seeds_event *event)
{
    event->kind = SEEDS_DIAL;
    event->peer = seed->named;
    event->address_count = 0;
    for (size_t i = 0; i < seed->found_count; i++) {
        if (seeds_replace_name(&seed->address, &seed->found[i],
                               &event->addresses[event->address_count])) {
            event->address_count++;
        }
    }
    if (seed->found_count == 0) {
        event->addresses[event->address_count++] = seed->address;
    }
}

bool seeds_next_event(struct seeds *s, struct seeds_event *event)
{
    for (size_t i = 0; i < s->count; i++) {
        struct seeds_seed *seed = &s->items[i];
        event->seed = i;
        if (seed->has_changed) {
            seed->has_changed = false;
            event->kind = SEEDS_CHANGED;
            return true;
        }
        if (seed->wants_start) {
            seed->wants_start = false;
            if (seed->state == SEEDS_RESOLVING) {
                seeds_write_look_up(seed, event);
            } else {
                seeds_write_dial(seed, event);
            }
            return true;
        }
    }
    return false;
}

/* ---- The list ---- */

void seeds_init(struct seeds *s, const struct seeds_config *config)
{
    *s = (struct seeds){.config = *config, .is_wanted = true};
}

void seeds_clear(struct seeds *s)
{
    mem_free(s->items);
    s->items = NULL;
    s->count = 0;
}

static int seeds_parse(struct seeds_seed *seed, struct span text)
{
    uint8_t id[PEERID_SIZE_MAX];
    size_t id_len = sizeof id;
    if (text.len == 0 || text.len >= SEEDS_TEXT_MAX) {
        return WAVU_ERR_INVALID;
    }
    if (multiaddr_parse_any(&seed->address, text) < 0) {
        return WAVU_ERR_INVALID;
    }
    memcpy(seed->text, text.ptr, text.len);
    if (multiaddr_pop_peer(&seed->address, id, &id_len) &&
        peerid_decode(&seed->named, span_of(id, id_len)) < 0) {
        return WAVU_ERR_INVALID;
    }
    struct multiaddr_part first;
    size_t at = 0;
    bool fits = multiaddr_next(&seed->address, &at, &first) && first.value.len < SEEDS_NAME_MAX;
    return fits ? 0 : WAVU_ERR_INVALID;
}

int seeds_add(struct seeds *s, struct span text, uint64_t now)
{
    struct seeds_seed seed = {.state = SEEDS_WAITING};
    int rc = seeds_parse(&seed, text);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < s->count; i++) {
        if (multiaddr_is_equal(&s->items[i].address, &seed.address) &&
            peerid_is_equal(&s->items[i].named, &seed.named)) {
            return WAVU_ERR_EXISTS;
        }
    }
    if (s->count == SEEDS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    seed.next_ns = now;
    seed.peer = seed.named;
    s->items = mem_resize(s->items, (s->count + 1) * sizeof seed);
    s->items[s->count++] = seed;
    return 0;
}

bool seeds_look(const struct seeds *s, size_t i, struct seeds_view *view)
{
    if (i >= s->count) {
        return false;
    }
    const struct seeds_seed *seed = &s->items[i];
    bool is_planned = seeds_is_wanted(s, seed);
    *view = (struct seeds_view){.text = seed->text,
                                .state = seed->state,
                                .sentence = seeds_state_name(seed->state),
                                .next_ns = is_planned ? seed->next_ns : TIMERS_NEVER,
                                .failures = seed->failures,
                                .peer = seed->peer};
    return true;
}

bool seeds_is_offline(const struct seeds *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct seeds_seed *seed = &s->items[i];
        if (seed->state == SEEDS_CONNECTED || seed->failures < s->config.retries) {
            return false;
        }
    }
    return s->count > 0;
}

void seeds_check(const struct seeds *s)
{
    size_t under_way = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct seeds_seed *seed = &s->items[i];
        under_way += seed->state == SEEDS_RESOLVING || seed->state == SEEDS_DIALING ? 1 : 0;
        CHECK(seed->state < SEEDS_STATES && seed->found_count <= SEEDS_ADDRESSES_MAX);
        CHECK(seed->state != SEEDS_CONNECTED || seed->peer.len > 0);
    }
    CHECK(under_way == s->under_way && under_way <= SEEDS_AT_ONCE_MAX);
    CHECK(s->count <= SEEDS_MAX);
}
