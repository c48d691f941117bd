/*
 * ML-KEM exchanges in small units. One buffer of a key's size serves every step: who sends a key no
 * longer needs it when the first unit of the answer is here.
 */
#include "crypto/ratchet_pq.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "crypto/secret.h"

enum part_kind { PART_NONE = 0, PART_OFFER = 1, PART_ANSWER = 2 };

/* Bits of all units from 0 on. */
static uint64_t all_of(uint32_t units)
{
    return (UINT64_C(1) << units) - 1;
}

void ratchet_pq_init(struct ratchet_pq *pq, bool is_offerer, uint64_t now)
{
    memset(pq, 0, sizeof(*pq));
    pq->is_offerer = is_offerer;
    pq->due = now; /* the first one at once: the start rests on prekeys that live for weeks */
}

/* Back to rest: all secrets and the buffer go. */
static void rest(struct ratchet_pq *pq)
{
    secret_wipe(pq->seed, sizeof(pq->seed));
    secret_wipe(pq->secret, sizeof(pq->secret));
    if (pq->bytes != NULL) {
        secret_wipe(pq->bytes, MLKEM_PUBLIC_SIZE);
        mem_free(pq->bytes);
        pq->bytes = NULL;
    }
    pq->have = 0;
    pq->cursor = 0;
    pq->pause = 0;
    pq->step = RATCHET_PQ_REST;
}

void ratchet_pq_clear(struct ratchet_pq *pq)
{
    rest(pq);
    memset(pq, 0, sizeof(*pq));
}

/* --- sending --- */

static void offer(struct ratchet_pq *pq, const struct random *random)
{
    struct mlkem_pair pair;
    random_fill(random, pq->seed, sizeof(pq->seed));
    mlkem_from_seed(&pair, pq->seed);
    pq->bytes = mem_new(MLKEM_PUBLIC_SIZE);
    memcpy(pq->bytes, pair.public_key, MLKEM_PUBLIC_SIZE);
    secret_wipe(&pair, sizeof(pair));
    pq->step = RATCHET_PQ_OFFERING;
    pq->cursor = 0;
    pq->pause = 0;
}

static void answer(struct ratchet_pq *pq, const struct random *random)
{
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    /* The key was checked when its last unit came. */
    CHECK(mlkem_encapsulate(ciphertext, pq->secret, pq->bytes, random) == 0);
    memset(pq->bytes, 0, MLKEM_PUBLIC_SIZE);
    memcpy(pq->bytes, ciphertext, sizeof(ciphertext));
    pq->step = RATCHET_PQ_ANSWERING;
    pq->have = 0;
    pq->cursor = 0;
    pq->pause = 0;
}

/* Begin what is due. */
static void begin(struct ratchet_pq *pq, uint64_t now, const struct random *random)
{
    if (pq->step == RATCHET_PQ_OFFERED) {
        answer(pq, random);
    } else if (pq->step == RATCHET_PQ_REST && pq->is_offerer &&
               (pq->since >= RATCHET_PQ_MESSAGES || now >= pq->due)) {
        offer(pq, random);
    }
}

/* Units of what is being sent; 0 when nothing is. */
static uint32_t units_of(const struct ratchet_pq *pq)
{
    if (pq->step == RATCHET_PQ_OFFERING) {
        return RATCHET_PQ_OFFER_UNITS;
    }
    return pq->step == RATCHET_PQ_ANSWERING ? RATCHET_PQ_ANSWER_UNITS : 0;
}

void ratchet_pq_write(struct ratchet_pq *pq, uint64_t now, const struct random *random, size_t room,
                      struct wr *w)
{
    uint32_t fit = 0;
    if (room >= RATCHET_PQ_HEAD - 1 + RATCHET_PQ_UNIT) {
        const size_t some = (room - (RATCHET_PQ_HEAD - 1)) / RATCHET_PQ_UNIT;
        fit = some < RATCHET_PQ_OFFER_UNITS ? (uint32_t)some : RATCHET_PQ_OFFER_UNITS;
        begin(pq, now, random);
    }
    const uint32_t units = units_of(pq);
    if (units > 0 && pq->pause > 0) {
        pq->pause--;
    } else if (units > 0 && fit > 0) {
        const uint32_t left = units - pq->cursor;
        const uint32_t count = left < fit ? left : fit;
        wr_u8(w, pq->step == RATCHET_PQ_OFFERING ? PART_OFFER : PART_ANSWER);
        wr_u32be(w, pq->mixed + 1);
        wr_u8(w, (uint8_t)pq->cursor);
        wr_u8(w, (uint8_t)count);
        wr_bytes(w, span_of(pq->bytes + pq->cursor * RATCHET_PQ_UNIT, count * RATCHET_PQ_UNIT));
        pq->cursor += count;
        if (pq->cursor == units) {
            pq->cursor = 0;
            pq->pause = RATCHET_PQ_PAUSE;
        }
        return;
    }
    wr_u8(w, PART_NONE);
}

/* --- taking --- */

int ratchet_pq_split(struct span body, struct ratchet_pq_part *part, struct span *content)
{
    struct rd rd;
    rd_init(&rd, body);
    *part = (struct ratchet_pq_part){.kind = rd_u8(&rd)};
    if (part->kind != PART_NONE) {
        const uint32_t units =
            part->kind == PART_OFFER ? RATCHET_PQ_OFFER_UNITS : RATCHET_PQ_ANSWER_UNITS;
        part->exchange = rd_u32be(&rd);
        part->first = rd_u8(&rd);
        const uint32_t count = rd_u8(&rd);
        part->units = rd_bytes(&rd, (size_t)count * RATCHET_PQ_UNIT);
        if (part->kind > PART_ANSWER || count == 0 || part->first + count > units) {
            return WAVU_ERR_CRYPTO;
        }
    }
    *content = rd_bytes(&rd, rd_left(&rd));
    return rd.failed ? WAVU_ERR_CRYPTO : 0;
}

/* Put units into the buffer that are not there yet; true when all of `units` are. */
static bool collect(struct ratchet_pq *pq, const struct ratchet_pq_part *part, uint32_t units)
{
    for (size_t at = 0; at < part->units.len; at += RATCHET_PQ_UNIT) {
        const size_t unit = part->first + at / RATCHET_PQ_UNIT;
        const uint64_t bit = UINT64_C(1) << unit;
        if ((pq->have & bit) == 0) {
            memcpy(pq->bytes + unit * RATCHET_PQ_UNIT, part->units.ptr + at, RATCHET_PQ_UNIT);
            pq->have |= bit;
        }
    }
    return pq->have == all_of(units);
}

static void take_offer(struct ratchet_pq *pq, const struct ratchet_pq_part *part)
{
    if (pq->step == RATCHET_PQ_REST) {
        pq->bytes = mem_new(MLKEM_PUBLIC_SIZE);
        pq->have = 0;
        pq->step = RATCHET_PQ_TAKING_OFFER;
    }
    if (pq->step != RATCHET_PQ_TAKING_OFFER || !collect(pq, part, RATCHET_PQ_OFFER_UNITS)) {
        return;
    }
    if (mlkem_check_public(pq->bytes) == 0) {
        pq->step = RATCHET_PQ_OFFERED;
    } else {
        rest(pq);
    }
}

static void take_answer(struct ratchet_pq *pq, const struct ratchet_pq_part *part)
{
    if (pq->step == RATCHET_PQ_OFFERING) {
        memset(pq->bytes, 0, MLKEM_PUBLIC_SIZE);
        pq->have = 0;
        pq->cursor = 0;
        pq->pause = 0;
        pq->step = RATCHET_PQ_TAKING_ANSWER;
    }
    if (pq->step == RATCHET_PQ_TAKING_ANSWER && collect(pq, part, RATCHET_PQ_ANSWER_UNITS)) {
        pq->step = RATCHET_PQ_ANSWERED;
    }
}

void ratchet_pq_take(struct ratchet_pq *pq, const struct ratchet_pq_part *part)
{
    if (part->kind == PART_NONE || part->exchange != pq->mixed + 1) {
        return; /* an earlier exchange: it came late */
    }
    if (part->kind == PART_OFFER && !pq->is_offerer) {
        take_offer(pq, part);
    } else if (part->kind == PART_ANSWER && pq->is_offerer) {
        take_answer(pq, part);
    }
}

void ratchet_pq_turned(struct ratchet_pq *pq)
{
    pq->pause = 0;
}

/* --- mixing --- */

bool ratchet_pq_ready(const struct ratchet_pq *pq, uint8_t secret[MLKEM_SHARED_SIZE])
{
    if (pq->step != RATCHET_PQ_ANSWERED) {
        return false;
    }
    struct mlkem_pair pair;
    mlkem_from_seed(&pair, pq->seed);
    mlkem_decapsulate(secret, pair.secret, pq->bytes);
    secret_wipe(&pair, sizeof(pair));
    return true;
}

void ratchet_pq_mixed(struct ratchet_pq *pq, uint64_t now)
{
    rest(pq);
    pq->mixed++;
    pq->since = 0;
    pq->due = now + RATCHET_PQ_INTERVAL_NS;
}

void ratchet_pq_count(struct ratchet_pq *pq)
{
    if (pq->since < UINT32_MAX) {
        pq->since++;
    }
}

void ratchet_pq_check(const struct ratchet_pq *pq)
{
    const bool is_taking =
        pq->step == RATCHET_PQ_TAKING_ANSWER || pq->step == RATCHET_PQ_TAKING_OFFER;
    CHECK((pq->bytes == NULL) == (pq->step == RATCHET_PQ_REST));
    CHECK(pq->step == RATCHET_PQ_REST || pq->is_offerer == (pq->step <= RATCHET_PQ_ANSWERED));
    CHECK(pq->pause <= RATCHET_PQ_PAUSE && pq->cursor < RATCHET_PQ_OFFER_UNITS);
    CHECK(!is_taking || (pq->have != 0 && pq->have <= all_of(RATCHET_PQ_OFFER_UNITS)));
}
