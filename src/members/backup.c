/*
 * The salt is in backup_head_write's caller's head already: the head is written by one place and
 * read by one, and everything before the check is bound by the proof and by the chunks' keys.
 */
#include "members/backup.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define MAGIC_SIZE 12
#define CHECK_SIZE 8
#define LANES 1 /* all that libsodium does */
#define SALT_AT (BACKUP_BOUND_SIZE - BACKUP_SALT_SIZE)
#define PROOF_AT (BACKUP_BOUND_SIZE + CHECK_SIZE)

_Static_assert(MAGIC_SIZE + 4 + 4 + BACKUP_SALT_SIZE == BACKUP_BOUND_SIZE, "the head's layout");
_Static_assert(BACKUP_MEMORY_KIB *BACKUP_PASSES <= BACKUP_WORK_KIB_MAX, "ours is readable");

static const char magic[] = "wavu backup\n";
static const char label[] = "wavu backup keys 1";

static bool is_affordable(uint32_t memory_kib, uint32_t passes)
{
    return memory_kib >= BACKUP_MEMORY_KIB_MIN && memory_kib <= BACKUP_MEMORY_KIB_MAX &&
           passes >= 1 && passes <= BACKUP_PASSES_MAX && memory_kib * passes <= BACKUP_WORK_KIB_MAX;
}

static int derive(struct backup_keys *keys, const uint8_t *head, enum aead_kind kind,
                  struct stretch_cost cost, struct span passphrase)
{
    uint8_t master[STRETCH_KEY_SIZE];
    uint8_t both[2 * AEAD_KEY_SIZE];
    const struct span bound = span_of(head, BACKUP_BOUND_SIZE);
    const int rc = stretch_key(master, passphrase, head + SALT_AT, cost);
    if (rc < 0) {
        return rc;
    }
    kdf(span_mut_of(both, sizeof both), span_of(master, sizeof master), label, &bound, 1);
    keys->proof.kind = kind;
    keys->chunk.kind = kind;
    keys->proof.is_passing = true;
    keys->chunk.is_passing = true;
    memcpy(keys->proof.bytes, both, AEAD_KEY_SIZE);
    memcpy(keys->chunk.bytes, both + AEAD_KEY_SIZE, AEAD_KEY_SIZE);
    keys->counter = 0;
    secret_wipe(master, sizeof master);
    secret_wipe(both, sizeof both);
    return 0;
}

int backup_head_write(struct backup_keys *keys, uint8_t head[BACKUP_HEAD_SIZE], enum aead_kind kind,
                      struct stretch_cost cost, struct span passphrase)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t hash[HASH_SHA256_SIZE];
    uint8_t nothing[1] = {0};
    struct wr w;
    if (passphrase.len == 0 || !is_affordable(cost.memory_kib, cost.passes)) {
        return WAVU_ERR_INVALID;
    }
    wr_init(&w, span_mut_of(head, SALT_AT));
    wr_text(&w, magic);
    wr_u8(&w, BACKUP_FORMAT);
    wr_u8(&w, aead_number(kind));
    wr_u8(&w, LANES);
    wr_u8(&w, cost.passes);
    wr_u32be(&w, cost.memory_kib);
    CHECK(wr_finish(&w) == 0 && w.len == SALT_AT);
    const int rc = derive(keys, head, kind, cost, passphrase);
    if (rc < 0) {
        return rc;
    }
    hash_sha256(hash, span_of(head, BACKUP_BOUND_SIZE));
    memcpy(head + BACKUP_BOUND_SIZE, hash, CHECK_SIZE);
    aead_seal(keys->aead, &keys->proof, nonce, span_of(head, BACKUP_BOUND_SIZE),
              span_mut_of(nothing, 0), head + PROOF_AT);
    return 0;
}

/* What the head says, before any work is done for it. */
static int read_cost(struct stretch_cost *cost, enum aead_kind *kind, const uint8_t *head)
{
    struct rd r;
    rd_init(&r, span_of(head, SALT_AT));
    (void)rd_bytes(&r, MAGIC_SIZE);
    const uint8_t format = rd_u8(&r);
    const uint8_t number = rd_u8(&r);
    const uint8_t lanes = rd_u8(&r);
    cost->passes = rd_u8(&r);
    cost->memory_kib = rd_u32be(&r);
    if (format != BACKUP_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (aead_of_number(kind, number) < 0 || lanes != LANES) {
        return WAVU_ERR_CORRUPT;
    }
    return is_affordable(cost->memory_kib, cost->passes) ? 0 : WAVU_ERR_LIMIT;
}

int backup_head_read(struct backup_keys *keys, struct span file, struct span passphrase)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    struct stretch_cost cost;
    enum aead_kind kind = AEAD_CHACHA20_POLY1305;
    uint8_t hash[HASH_SHA256_SIZE];
    uint8_t nothing[1] = {0};
    if (file.len < BACKUP_HEAD_SIZE || !span_has_prefix(file, span_from_text(magic))) {
        return WAVU_ERR_CORRUPT;
    }
    const uint8_t *head = file.ptr;
    hash_sha256(hash, span_of(head, BACKUP_BOUND_SIZE));
    if (!span_is_equal(span_of(hash, CHECK_SIZE), span_of(head + BACKUP_BOUND_SIZE, CHECK_SIZE))) {
        return WAVU_ERR_CORRUPT;
    }
    int rc = read_cost(&cost, &kind, head);
    if (rc < 0) {
        return rc;
    }
    if (passphrase.len == 0) {
        return WAVU_ERR_DENIED;
    }
    rc = derive(keys, head, kind, cost, passphrase);
    if (rc < 0) {
        return rc;
    }
    rc = aead_open(keys->aead, &keys->proof, nonce, span_of(head, BACKUP_BOUND_SIZE),
                   span_mut_of(nothing, 0), head + PROOF_AT);
    return rc < 0 ? WAVU_ERR_DENIED : 0;
}

/* Associated data and nonce of the next chunk. */
static struct span bind_chunk(struct backup_keys *keys, uint8_t bound[5],
                              uint8_t nonce[AEAD_NONCE_SIZE], uint32_t length)
{
    struct wr w;
    memset(nonce, 0, AEAD_NONCE_SIZE);
    wr_init(&w, span_mut_of(nonce, AEAD_NONCE_SIZE));
    wr_u64le(&w, keys->counter);
    keys->counter++;
    wr_init(&w, span_mut_of(bound, 5));
    wr_u8(&w, keys->chunk.kind == AEAD_CHACHA20_POLY1305 ? 1 : 2);
    wr_u32be(&w, length);
    return wr_span(&w);
}

void backup_chunk_seal(struct backup_keys *keys, uint32_t length, struct span_mut data,
                       uint8_t tag[AEAD_TAG_SIZE])
{
    uint8_t bound[5];
    uint8_t nonce[AEAD_NONCE_SIZE];
    const struct span ad = bind_chunk(keys, bound, nonce, length);
    aead_seal(keys->aead, &keys->chunk, nonce, ad, data, tag);
}

int backup_chunk_open(struct backup_keys *keys, uint32_t length, struct span_mut data,
                      const uint8_t tag[AEAD_TAG_SIZE])
{
    uint8_t bound[5];
    uint8_t nonce[AEAD_NONCE_SIZE];
    const struct span ad = bind_chunk(keys, bound, nonce, length);
    return aead_open(keys->aead, &keys->chunk, nonce, ad, data, tag) < 0 ? WAVU_ERR_CORRUPT : 0;
}

static void write_fields(struct wr *w, const struct backup_record *record)
{
    pb_write_varint(w, 1, record->kind);
    pb_write_bytes(w, 2, record->key);
    pb_write_bytes(w, 3, record->value);
}

bool backup_record_is_sized(const struct backup_record *record)
{
    switch (record->kind) {
    case BACKUP_IDENTITY:
        return record->key.len == 0 && record->value.len == BACKUP_SEED_SIZE;
    case BACKUP_CONTACT:
    case BACKUP_NETWORK:
    case BACKUP_PLACE:
        return record->key.len == BACKUP_NAME_SIZE;
    case BACKUP_END:
    case BACKUP_ROWS:
        return record->key.len == 0;
    default:
        return true;
    }
}

void backup_record_write(struct wr *w, const struct backup_record *record)
{
    struct wr measure;
    wr_init(&measure, span_mut_of(NULL, 0));
    write_fields(&measure, record);
    wr_varint(w, measure.len);
    write_fields(w, record);
}

int backup_record_read(struct backup_record *record, struct span *rest)
{
    struct rd r;
    struct pb p;
    struct pb_field field;
    unsigned seen = 0;
    rd_init(&r, *rest);
    const struct span message = rd_prefixed(&r, BACKUP_CHUNK_MAX);
    memset(record, 0, sizeof *record);
    pb_init(&p, message);
    while (!r.failed && pb_next(&p, &field)) {
        if (field.number > 3) {
            continue;
        }
        if ((seen & 1U << field.number) != 0 ||
            field.wire != (field.number == 1 ? PB_VARINT : PB_BYTES)) {
            return WAVU_ERR_CORRUPT;
        }
        seen |= 1U << field.number;
        if (field.number == 1) {
            record->kind = field.value;
        } else if (field.number == 2) {
            record->key = field.bytes;
        } else {
            record->value = field.bytes;
        }
    }
    if (r.failed || pb_finish(&p) < 0 || seen != 0xe || record->kind == 0 ||
        record->kind == BACKUP_DEVICE || record->key.len > BACKUP_KEY_MAX ||
        record->value.len > BACKUP_VALUE_MAX) {
        return WAVU_ERR_CORRUPT;
    }
    *rest = span_slice(*rest, r.at, rest->len - r.at);
    return 0;
}

void backup_count(struct backup_counts *counts, const struct backup_record *record)
{
    if (record->kind == BACKUP_IDENTITY) {
        counts->identities++;
    } else if (record->kind == BACKUP_CONTACT) {
        counts->contacts++;
    } else if (record->kind == BACKUP_NETWORK) {
        counts->pieces++;
        counts->log_bytes += record->value.len;
    } else {
        counts->others++;
    }
}
