/*
 * A network that is parted and healed while its members talk, on virtual time: `make parted`.
 * Arguments: nodes, messages, partitions, minutes of each, packets lost in 1000, seed. Whole nodes
 * with real cryptography, TCP and sessions; their stores are in memory. What one of them has found
 * to be signed well the others, in the same process, are told so: each would need 50 us for it.
 *
 * Prints how long after each healing all histories were equal, and what that cost: the bytes of
 * talks about what is missing (docs/protocol/repair.md), of all nodes, by those of the entries that
 * came in them as they are stored (signed, with their content) and by those of their texts; and all
 * bytes sent, with those of the same nodes at rest. Exit 1 when histories differ, when they were
 * equal only after EQUAL_NS, or when repair cost more than twice what was missing, as it is stored,
 * and 2.5 kB for each node.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timers.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "tests/support/talk_world.h"

#define EQUAL_NS (UINT64_C(30) * TIMERS_SECOND)
#define REPAIR_BYTES 2500                         /* of a node, whatever is missing */
#define SETTLE_NS (UINT64_C(600) * TIMERS_SECOND) /* what is late is measured all the same */
#define REST_NS (UINT64_C(60) * TIMERS_SECOND)

#define VERDICTS 65536 /* a newer one takes the place of an older one */

static struct talk_world w;
static uint8_t good[VERDICTS][HASH_SHA256_SIZE]; /* of key, signature and message */

int __real_ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_SIZE],
                          const uint8_t public_key[ED25519_PUBLIC_SIZE], struct span message);
int __wrap_ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_SIZE],
                          const uint8_t public_key[ED25519_PUBLIC_SIZE], struct span message);

int __wrap_ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_SIZE],
                          const uint8_t public_key[ED25519_PUBLIC_SIZE], struct span message)
{
    const struct span pieces[3] = {span_of(public_key, ED25519_PUBLIC_SIZE),
                                   span_of(signature, ED25519_SIGNATURE_SIZE), message};
    uint8_t hash[HASH_SHA256_SIZE];

    hash_sha256_pieces(hash, pieces, 3);
    uint8_t *known = good[(size_t)hash[0] << 8 | hash[1]];
    if (memcmp(known, hash, sizeof hash) == 0) {
        return 0;
    }
    int rc = __real_ed25519_verify(signature, public_key, message);
    if (rc == 0) {
        memcpy(known, hash, sizeof hash);
    }
    return rc;
}

static uint64_t number(int argc, char **argv, int at, uint64_t otherwise)
{
    return argc > at ? strtoull(argv[at], NULL, 10) : otherwise;
}

/* Messages that nodes have not been shown, all nodes together. */
static uint64_t missing(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < w.config.count; i++) {
        sum += talk_ledger_standing(&w.ledger) - w.ledger.nodes[i].shown;
    }
    return sum;
}

/* What all nodes have counted. */
struct counted {
    uint64_t talks;   /* bytes sent in them */
    uint64_t entries; /* that came in them */
    uint64_t bytes;   /* of those */
};

static void on_metric(void *context, const char *name, uint64_t value)
{
    struct counted *c = context;

    c->talks += strcmp(name, "sync_sent_bytes_total") == 0 ? value : 0;
    c->entries += strcmp(name, "rooms_repaired_total") == 0 ? value : 0;
    c->bytes += strcmp(name, "rooms_repaired_bytes_total") == 0 ? value : 0;
}

static struct counted counted(void)
{
    struct counted c = {.talks = 0};

    for (size_t i = 0; i < w.config.count; i++) {
        wavu_node_metrics(w.nodes[i].node, on_metric, &c);
    }
    return c;
}

/* Say `count` messages, evenly over `ns`. */
static void talk(size_t count, uint64_t ns)
{
    uint64_t begun = sim_now(w.sim);
    size_t said = 0;

    for (uint64_t k = 0; k < 4 * (uint64_t)count && said < count; k++) {
        uint64_t at = begun + ns / count * said;

        if (at > sim_now(w.sim)) {
            talk_world_run(&w, at - sim_now(w.sim));
        }
        said += talk_world_say(&w, (size_t)sim_draw_below(&w.draw, w.config.count)) ? 1 : 0;
        talk_world_run(&w, TIMERS_MS);
    }
    if (begun + ns > sim_now(w.sim)) {
        talk_world_run(&w, begun + ns - sim_now(w.sim));
    }
}

/* Whether it was soon enough, and cheap enough. */
static bool heal(uint64_t at_rest)
{
    uint64_t lacking = missing();
    size_t said = talk_ledger_standing(&w.ledger);
    uint64_t text = said > 0 ? w.text_bytes / said : 0;
    uint64_t before = talk_world_sent(&w);
    const struct counted was = counted();

    talk_world_part(&w, 1);
    uint64_t took = talk_world_settle(&w, SETTLE_NS);
    uint64_t idle = at_rest * (took / TIMERS_MS) / (REST_NS / TIMERS_MS);
    uint64_t sent = talk_world_sent(&w) - before;
    const struct counted is = counted();
    const uint64_t talks = is.talks - was.talks;
    const uint64_t bytes = is.bytes - was.bytes;

    (void)printf("healed: equal after %.1f s; %" PRIu64 " missing messages of %" PRIu64
                 " bytes on average; %" PRIu64 " bytes sent, %" PRIu64 " at rest in that time\n",
                 (double)took / 1e9, lacking, text, sent, idle);
    (void)printf("repair: %" PRIu64 " bytes for %" PRIu64 " entries of %" PRIu64
                 " bytes: %.2f times the entries, %.2f times the texts\n",
                 talks, is.entries - was.entries, bytes,
                 bytes > 0 ? (double)talks / (double)bytes : 0.0,
                 lacking * text > 0 ? (double)talks / (double)(lacking * text) : 0.0);
    (void)fflush(stdout);
    return took <= EQUAL_NS && talks <= 2 * bytes + REPAIR_BYTES * (uint64_t)w.config.count;
}

int main(int argc, char **argv)
{
    size_t messages = (size_t)number(argc, argv, 2, 10000);
    size_t partitions = (size_t)number(argc, argv, 3, 3);
    uint64_t part_ns = number(argc, argv, 4, 60) * 60 * TIMERS_SECOND;
    const struct talk_world_config config = {.seed = number(argc, argv, 6, 1),
                                             .count = (size_t)number(argc, argv, 1, 200),
                                             .is_in_memory = true,
                                             .loss_part = (uint32_t)number(argc, argv, 5, 10),
                                             .text_max = 200};

    talk_world_start(&w, &config);
    (void)printf("%zu nodes are members after %.0f s, and all have spoken %.0f s later\n",
                 config.count, (double)w.entered_ns / 1e9,
                 (double)(sim_now(w.sim) - w.entered_ns - TALK_WORLD_REST_NS) / 1e9);
    (void)fflush(stdout);
    uint64_t before = talk_world_sent(&w);
    talk_world_run(&w, REST_NS);
    uint64_t at_rest = talk_world_sent(&w) - before;
    bool is_soon = true;
    for (size_t i = 0; i < partitions && talk_world_fault(&w)[0] == '\0'; i++) {
        talk_world_part(&w, 2);
        talk(messages / partitions, part_ns);
        is_soon = heal(at_rest) && is_soon;
    }
    bool is_well = talk_world_fault(&w)[0] == '\0';
    (void)printf("%zu nodes, %zu messages, seed %" PRIu64 ": %s\n", config.count,
                 talk_ledger_standing(&w.ledger), config.seed,
                 is_well && !is_soon ? "all histories equal, but too late or too dear"
                 : is_well           ? "all histories equal"
                                     : talk_world_fault(&w));
    talk_world_stop(&w);
    return is_well && is_soon ? 0 : 1;
}
