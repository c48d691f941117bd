/*
 * The store of one node: its parts, one clock for them, and who is to be handed what.
 */
#include "discovery/kad_store.h"

#include "base/check.h"
#include "base/mem.h"
#include "discovery/kad_own.h"
#include "discovery/kad_providers.h"
#include "discovery/kad_values.h"

#define MS_NS UINT64_C(1000000)
#define LIFE_MS (KAD_STORE_LIFE_NS / MS_NS)

_Static_assert(KAD_STORE_PROVIDER_KEY_MAX == KAD_ROWS_PROVIDED_KEY_MAX, "one limit");

struct kad_store_due {
    struct list link;
    struct peerid to;
    struct kad_key place; /* of the value */
};

struct kad_store_handed {
    uint64_t place; /* the server's, in front */
    uint64_t until_ns;
};

struct kad_store {
    struct kad_store_config config;
    struct kad_quota quota;
    struct kad_rows rows;
    struct kad_values values;
    struct kad_providers providers;
    struct kad_own own;
    struct list dues; /* struct kad_store_due, oldest first */
    uint32_t due_count;
    struct kad_store_handed *handed; /* owned; a ring of KAD_STORE_HANDED_MAX, NULL: nobody yet */
    uint32_t handed_at;
    uint64_t write_ns; /* when what is new is written; UINT64_MAX: nothing is */
};

struct kad_store *kad_store_new(const struct kad_store_config *config, uint64_t now)
{
    struct kad_store *s = mem_new(sizeof *s);
    uint32_t bytes = config->value_bytes != 0 ? config->value_bytes : KAD_STORE_VALUE_BYTES_MAX;
    uint32_t providers = config->providers != 0 ? config->providers : KAD_STORE_PROVIDERS_MAX;
    CHECK(bytes <= KAD_STORE_VALUE_BYTES_MAX && providers <= KAD_STORE_PROVIDERS_MAX);
    s->config = *config;
    s->write_ns = UINT64_MAX;
    list_init(&s->dues);
    const struct kad_quota_limits limits = {.peer_bytes = bytes / KAD_STORE_PEER_SHARE,
                                            .group_bytes = bytes / KAD_STORE_GROUP_SHARE,
                                            .peer_provided = KAD_STORE_PEER_PROVIDED_MAX,
                                            .group_provided = providers / KAD_STORE_GROUP_SHARE};
    kad_quota_init(&s->quota, &limits, config->random);
    kad_rows_init(&s->rows, config->store, now);
    const struct kad_values_config values = {.table = config->table,
                                             .quota = &s->quota,
                                             .rows = &s->rows,
                                             .random = config->random,
                                             .bytes_max = bytes,
                                             .count_max = KAD_STORE_VALUES_MAX,
                                             .fresh_ns = KAD_STORE_FRESH_NS};
    kad_values_init(&s->values, &values);
    const struct kad_providers_config provides = {.table = config->table,
                                                  .quota = &s->quota,
                                                  .rows = &s->rows,
                                                  .random = config->random,
                                                  .max = providers,
                                                  .key_max = KAD_STORE_KEY_PROVIDERS_MAX,
                                                  .life_ns = KAD_STORE_LIFE_NS,
                                                  .fresh_ns = KAD_STORE_FRESH_NS};
    kad_providers_init(&s->providers, &provides);
    kad_own_init(&s->own, &s->rows, config->random, KAD_STORE_OWN_MAX, KAD_STORE_OWN_BYTES_MAX);
    return s;
}

static void kad_store_drop_due(struct kad_store *s, struct kad_store_due *d)
{
    list_remove(&d->link);
    s->due_count--;
    mem_free(d);
}

void kad_store_free(struct kad_store *s)
{
    if (s == NULL) {
        return;
    }
    while (!list_is_empty(&s->dues)) {
        kad_store_drop_due(s, LIST_OF(list_next(&s->dues, &s->dues), struct kad_store_due, link));
    }
    kad_values_clear(&s->values);
    kad_providers_clear(&s->providers);
    kad_own_clear(&s->own);
    kad_quota_clear(&s->quota);
    mem_free(s->handed);
    mem_free(s);
}

/* Something has no row yet. */
static void kad_store_new_rows(struct kad_store *s, uint64_t now)
{
    if (s->config.store != NULL && s->write_ns == UINT64_MAX) {
        s->write_ns = now + KAD_STORE_WRITE_NS;
    }
}

/* ---- Values ---- */

/* How long a value may stay that was published at `received_ms` and ends at `end_ms`; 0: no more.
 */
static uint64_t kad_store_life(uint64_t received_ms, uint64_t end_ms, uint64_t wall_ms)
{
    uint64_t life_ms = LIFE_MS;
    if (wall_ms == 0) {
        return KAD_STORE_LIFE_NS;
    }
    if (received_ms != 0 && received_ms < wall_ms) {
        uint64_t age_ms = wall_ms - received_ms;
        life_ms = age_ms < LIFE_MS ? LIFE_MS - age_ms : 0;
    }
    if (end_ms <= wall_ms) {
        return 0;
    }
    return (end_ms - wall_ms < life_ms ? end_ms - wall_ms : life_ms) * MS_NS;
}

int kad_store_put(struct kad_store *s, const struct kad_record *r, uint64_t received_ms,
                  const struct kad_store_from *from, const struct kad_store_time *time)
{
    uint64_t wall_ms = time->wall_ms;
    bool is_said = received_ms != 0 && (wall_ms == 0 || received_ms < wall_ms);
    struct kad_values_put put = {.record = r,
                                 .peer = from->peer,
                                 .group = from->group,
                                 .received_ms = is_said ? received_ms : wall_ms};
    uint64_t life_ns = kad_store_life(put.received_ms, r->end_ms, wall_ms);
    if (life_ns == 0) {
        return WAVU_ERR_CLOSED;
    }
    put.until_ns = time->now + life_ns;
    int rc = kad_values_put(&s->values, &put);
    kad_store_new_rows(s, time->now);
    return rc;
}

static struct kad_store_value kad_store_told(const struct kad_value *e)
{
    return (struct kad_store_value){
        .key = kad_value_key(e), .value = kad_value_span(e), .received_ms = e->received_ms};
}

/* Time may have passed without a tick. */
static bool kad_store_is_valid(const struct kad_value *e, const struct kad_store_time *time)
{
    return e->until_ns > time->now && (time->wall_ms == 0 || e->end_ms > time->wall_ms);
}

int kad_store_get(const struct kad_store *s, struct span key, const struct kad_store_time *time,
                  struct kad_store_value *out)
{
    struct kad_key place;
    kad_key_of(&place, key);
    const struct kad_value *e = kad_values_get(&s->values, &place);
    if (e == NULL || !kad_store_is_valid(e, time)) {
        return WAVU_ERR_NOT_FOUND;
    }
    *out = kad_store_told(e);
    return 0;
}

/* ---- Providers ---- */

int kad_store_provide(struct kad_store *s, struct span key, struct span addresses,
                      const struct kad_store_from *from, const struct kad_store_time *time)
{
    const struct kad_providers_put put = {
        .key = key, .addresses = addresses, .peer = from->peer, .group = from->group};
    if (key.len == 0 || key.len > KAD_STORE_PROVIDER_KEY_MAX) {
        return WAVU_ERR_INVALID;
    }
    int rc = kad_providers_put(&s->providers, &put, time->now);
    kad_store_new_rows(s, time->now);
    return rc;
}

size_t kad_store_providers(const struct kad_store *s, struct span key, uint64_t now,
                           struct kad_store_provider *out, size_t max)
{
    const struct kad_provider *e = key.len > 0 ? kad_providers_of(&s->providers, key) : NULL;
    size_t count = 0;
    for (; e != NULL && count < max; e = e->next) {
        if ((uint64_t)e->until_s * 1000000000 > now) {
            out[count++] = (struct kad_store_provider){
                .peer = e->holder->id, .addresses = span_of(e->holder->addresses, e->holder->len)};
        }
    }
    return count;
}

/* ---- What is ours ---- */

int kad_store_publish(struct kad_store *s, const struct kad_record *r,
                      const struct kad_store_time *time)
{
    const struct kad_own_item item = {.key = r->key,
                                      .value = r->value,
                                      .end_ms = r->value.len > 0 ? r->end_ms : KAD_RECORD_NO_END};
    return kad_own_put(&s->own, &item, time->now, false);
}

int kad_store_withdraw(struct kad_store *s, struct span key, bool is_provided)
{
    return kad_own_remove(&s->own, key, is_provided);
}

bool kad_store_due(struct kad_store *s, const struct kad_store_time *time,
                   struct kad_store_own *out)
{
    struct kad_own_item item;
    if (!kad_own_due(&s->own, time->now, time->wall_ms, time->now + KAD_STORE_RETRY_NS, &item)) {
        return false;
    }
    *out = (struct kad_store_own){.key = item.key, .value = item.value};
    return true;
}

void kad_store_said(struct kad_store *s, struct span key, bool is_provided,
                    const struct kad_store_time *time)
{
    uint64_t due_ms = time->wall_ms != 0 ? time->wall_ms + KAD_STORE_AGAIN_NS / MS_NS : 0;
    kad_own_said(&s->own, key, is_provided, time->now + KAD_STORE_AGAIN_NS, due_ms);
}

/* ---- Newcomers ---- */

/* Is it to be served now? Then it is not again, as long as what it got lives. */
static bool kad_store_is_first(struct kad_store *s, const struct kad_key *server, uint64_t now)
{
    uint64_t front = 0;
    for (unsigned i = 0; i < sizeof front; i++) {
        front = front << 8 | server->bytes[i];
    }
    if (s->handed == NULL) {
        s->handed = mem_new_array(KAD_STORE_HANDED_MAX, sizeof *s->handed);
    }
    for (unsigned i = 0; i < KAD_STORE_HANDED_MAX; i++) {
        if (s->handed[i].place == front && s->handed[i].until_ns > now) {
            return false;
        }
    }
    s->handed[s->handed_at] =
        (struct kad_store_handed){.place = front, .until_ns = now + KAD_STORE_LIFE_NS};
    s->handed_at = (s->handed_at + 1) % KAD_STORE_HANDED_MAX;
    return true;
}

/* What is farther from a server than this does not belong to it: eight times as far as the k-th of
 * our own neighbours is from us, where about as many live as anywhere. */
static uint64_t kad_store_reach(const struct kad_table *table)
{
    const struct kad_entry *nearest[KAD_TABLE_K_MAX];
    size_t count = kad_table_nearest(table, &table->self, NULL, nearest, table->k);
    if (count < table->k) {
        return UINT64_MAX;
    }
    uint64_t far = kad_key_distance(&table->self, &nearest[count - 1]->key);
    return far <= UINT64_MAX / 8 ? far * 8 : UINT64_MAX;
}

/* Does `e` belong to `server`, and are we one of those who bring it? */
static bool kad_store_hands(const struct kad_store *s, const struct kad_value *e,
                            const struct kad_key *server)
{
    const struct kad_table *table = s->config.table;
    const struct kad_entry *nearest[KAD_TABLE_K_MAX];
    size_t count = kad_table_nearest(table, &e->place, NULL, nearest, table->k);
    bool is_its = false;
    unsigned before_us = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_server = kad_key_compare(server, server, &nearest[i]->key) == 0;
        is_its = is_its || is_server;
        before_us += !is_server && kad_key_compare(&e->place, &nearest[i]->key, &table->self) < 0;
    }
    return is_its && before_us < KAD_STORE_HANDOVER_NEAREST_MAX;
}

void kad_store_met(struct kad_store *s, const struct peerid *server,
                   const struct kad_store_time *time)
{
    struct kad_key place;
    kad_key_of(&place, peerid_span(server));
    if (s->values.places.count == 0 || !kad_store_is_first(s, &place, time->now)) {
        return;
    }
    uint64_t reach = kad_store_reach(s->config.table);
    for (size_t i = 0; i < s->values.by_distance.count; i++) {
        struct kad_value *e =
            LIST_OF(s->values.by_distance.nodes[i], struct kad_value, by_distance);
        if (s->due_count >= KAD_STORE_HANDOVERS_MAX) {
            return;
        }
        if (kad_key_distance(&place, &e->place) <= reach && kad_store_is_valid(e, time) &&
            kad_store_hands(s, e, &place)) {
            struct kad_store_due *d = mem_new(sizeof *d);
            d->to = *server;
            d->place = e->place;
            list_push_back(&s->dues, &d->link);
            s->due_count++;
        }
    }
}

bool kad_store_next_handover(struct kad_store *s, const struct kad_store_time *time,
                             struct kad_store_handover *out)
{
    while (!list_is_empty(&s->dues)) {
        struct kad_store_due *d =
            LIST_OF(list_next(&s->dues, &s->dues), struct kad_store_due, link);
        const struct kad_value *e = kad_values_get(&s->values, &d->place);
        bool is_there = e != NULL && kad_store_is_valid(e, time);
        if (is_there) {
            *out = (struct kad_store_handover){.to = d->to, .value = kad_store_told(e)};
        }
        kad_store_drop_due(s, d);
        if (is_there) {
            return true;
        }
    }
    return false;
}

/* ---- Time and rows ---- */

/* Write what is new; WAVU_ERR_NOT_FOUND: all of it is. */
static int kad_store_write(struct kad_store *s, const struct kad_store_time *time, bool is_all)
{
    int rc = 0;
    while (rc == 0) {
        rc = kad_values_save(&s->values, time->now, time->wall_ms, is_all);
    }
    if (rc == WAVU_ERR_NOT_FOUND) {
        rc = 0;
    }
    while (rc == 0) {
        rc = kad_providers_save(&s->providers, time->now, time->wall_ms, is_all);
    }
    return rc;
}

void kad_store_tick(struct kad_store *s, const struct kad_store_time *time)
{
    kad_values_expire(&s->values, time->now);
    kad_providers_expire(&s->providers, time->now);
    if (s->write_ns <= time->now) {
        int rc = kad_store_write(s, time, false);
        /* What could not be written waits for the rate, or for the store. */
        s->write_ns = rc == WAVU_ERR_NOT_FOUND ? UINT64_MAX : time->now + KAD_STORE_WRITE_NS;
    }
}

int kad_store_flush(struct kad_store *s, const struct kad_store_time *time)
{
    int rc = s->config.store != NULL ? kad_store_write(s, time, true) : WAVU_ERR_NOT_FOUND;
    while (rc == WAVU_ERR_LIMIT) { /* more than waits for one commit */
        rc = store_flush(s->config.store);
        rc = rc != 0 ? rc : kad_store_write(s, time, true);
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

uint64_t kad_store_deadline(const struct kad_store *s)
{
    const struct heap_node *first = heap_first(&s->values.by_end);
    uint64_t at = first != NULL ? first->key : UINT64_MAX;
    uint64_t others[] = {kad_providers_deadline(&s->providers), kad_own_deadline(&s->own),
                         s->write_ns};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        at = others[i] < at ? others[i] : at;
    }
    return at;
}

/* ---- An earlier life ---- */

struct kad_store_loading {
    struct kad_store *s;
    struct kad_store_time time;
};

/* How long a row's item may stay: never longer than what is new, whatever the clocks said. 0: no
 * more. */
static uint64_t kad_store_left(uint64_t until_ms, uint64_t wall_ms)
{
    if (until_ms == 0 || wall_ms == 0) {
        return KAD_STORE_LIFE_NS;
    }
    if (until_ms <= wall_ms) {
        return 0;
    }
    return (until_ms - wall_ms < LIFE_MS ? until_ms - wall_ms : LIFE_MS) * MS_NS;
}

static int kad_store_take_value(void *context, struct span key, struct span bytes)
{
    struct kad_store_loading *l = context;
    struct kad_rows_value row;
    struct kad_key place;
    int rc = kad_rows_get_value(&row, bytes);
    if (rc != 0) {
        return rc;
    }
    if (key.len == 0 || key.len > KAD_MSG_KEY_MAX) {
        return WAVU_ERR_CORRUPT;
    }
    uint64_t wall_ms = l->time.wall_ms;
    uint64_t left_ns = kad_store_left(row.until_ms, wall_ms);
    if (left_ns == 0 || (wall_ms != 0 && row.end_ms <= wall_ms)) {
        return WAVU_ERR_CLOSED;
    }
    const struct kad_record r = {
        .key = key, .value = row.value, .sequence = row.sequence, .end_ms = row.end_ms};
    const struct kad_values_put put = {.record = &r,
                                       .peer = &row.holder,
                                       .group = row.group,
                                       .received_ms = row.received_ms,
                                       .until_ns = l->time.now + left_ns};
    rc = kad_values_put(&l->s->values, &put);
    if (rc == 0) {
        kad_key_of(&place, key);
        kad_values_is_row(&l->s->values, &place);
    }
    return rc;
}

static int kad_store_take_provided(void *context, struct span key, struct span bytes)
{
    struct kad_store_loading *l = context;
    struct kad_rows_provided row;
    struct kad_rows_holder holder = {0};
    struct buf about;
    int rc = kad_rows_get_provided(&row, key, bytes);
    if (rc != 0) {
        return rc;
    }
    uint64_t left_ns = kad_store_left(row.until_ms, l->time.wall_ms);
    if (left_ns == 0) {
        return WAVU_ERR_CLOSED;
    }
    buf_init(&about, STORE_VALUE_MAX);
    if (store_get(l->s->config.store, KAD_ROWS_HOLDERS, peerid_span(&row.holder), &about) != 0 ||
        kad_rows_get_holder(&holder, buf_span(&about)) != 0) {
        holder = (struct kad_rows_holder){0};
    }
    const struct kad_providers_put put = {
        .key = row.key, .addresses = holder.addresses, .peer = &row.holder, .group = holder.group};
    rc = kad_providers_load(&l->s->providers, &put, l->time.now + left_ns);
    buf_clear(&about);
    return rc;
}

/* Rows of those who provide nothing any more. */
static int kad_store_take_holder(void *context, struct span key, struct span bytes)
{
    struct kad_store_loading *l = context;
    struct kad_rows_holder row;
    const struct kad_holder *h = key.len > 0 ? map_get(&l->s->quota.holders, key) : NULL;
    int rc = kad_rows_get_holder(&row, bytes);
    return rc != 0 ? rc : h != NULL && h->provided > 0 ? 0 : WAVU_ERR_NOT_FOUND;
}

static int kad_store_take_own(void *context, struct span key, struct span bytes)
{
    struct kad_store_loading *l = context;
    struct kad_rows_own row;
    uint64_t wall_ms = l->time.wall_ms;
    int rc = kad_rows_get_own(&row, key, bytes);
    if (rc == 0 && wall_ms != 0 && row.end_ms <= wall_ms) {
        rc = WAVU_ERR_CLOSED;
    }
    if (rc != 0) {
        return rc;
    }
    bool is_known = row.due_ms != 0 && wall_ms != 0 && row.due_ms > wall_ms;
    uint64_t wait_ms = is_known ? row.due_ms - wall_ms : 0;
    wait_ms = wait_ms < KAD_STORE_AGAIN_NS / MS_NS ? wait_ms : KAD_STORE_AGAIN_NS / MS_NS;
    const struct kad_own_item item = {.key = row.key, .value = row.value, .end_ms = row.end_ms};
    return kad_own_put(&l->s->own, &item, l->time.now + wait_ms * MS_NS, true);
}

int kad_store_load(struct kad_store *s, const struct kad_store_time *time)
{
    struct kad_store_loading l = {.s = s, .time = *time};
    int rc = kad_rows_each(&s->rows, KAD_ROWS_OWN, kad_store_take_own, &l);
    rc = rc != 0 ? rc : kad_rows_each(&s->rows, KAD_ROWS_VALUES, kad_store_take_value, &l);
    rc = rc != 0 ? rc : kad_rows_each(&s->rows, KAD_ROWS_PROVIDED, kad_store_take_provided, &l);
    kad_providers_loaded(&s->providers);
    return rc != 0 ? rc : kad_rows_each(&s->rows, KAD_ROWS_HOLDERS, kad_store_take_holder, &l);
}

/* ---- Figures ---- */

void kad_store_figures(const struct kad_store *s, struct kad_store_figures *out)
{
    *out = (struct kad_store_figures){
        .values = (uint32_t)s->values.places.count,
        .value_bytes = s->values.bytes,
        .keys = (uint32_t)s->providers.keys.count,
        .providers = s->providers.count,
        .own = (uint32_t)s->own.entries.count,
        .refused = s->values.refused + s->providers.refused,
        .evicted = s->values.evicted + s->providers.evicted,
        .expired = s->values.expired + s->providers.expired,
        .lost = s->rows.lost,
    };
}

size_t kad_store_bytes(const struct kad_store *s)
{
    size_t handed = s->handed != NULL ? KAD_STORE_HANDED_MAX * sizeof *s->handed : 0;
    return sizeof *s + kad_quota_bytes(&s->quota) + kad_values_bytes(&s->values) +
           kad_providers_bytes(&s->providers) + kad_own_bytes(&s->own) + handed +
           s->due_count * sizeof(struct kad_store_due);
}

void kad_store_check(const struct kad_store *s)
{
    kad_quota_check(&s->quota);
    kad_values_check(&s->values);
    kad_providers_check(&s->providers);
    kad_own_check(&s->own);
    CHECK(list_count(&s->dues) == s->due_count && s->due_count <= KAD_STORE_HANDOVERS_MAX);
}
