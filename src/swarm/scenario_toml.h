/*
 * Scenarios as TOML, which people write, `wavu sim` reads and the shrinker leaves behind: text to
 * struct and back. docs/scenarios.md is the reference of keys, units and kinds.
 *
 * A replay file is a scenario that failed, with what came of it in the table [expect].
 */
#ifndef SWARM_SCENARIO_TOML_H
#define SWARM_SCENARIO_TOML_H

#include "base/buf.h"
#include "base/span.h"
#include "swarm/run.h"
#include "swarm/scenario.h"

/* Of a text written here: 256 faults of at most 200 bytes each, and what stands above them. */
#define SCENARIO_TOML_SIZE_MAX (64u * 1024u)
#define SCENARIO_TOML_MESSAGE_MAX 256

struct scenario_file {
    struct scenario scenario;
    bool has_expected; /* a replay file: the next two */
    uint64_t expected_hash;
    char expected_why[RUN_WHY_MAX]; /* "" when that run passed */
};

/* Where and why a text was refused. */
struct scenario_toml_error {
    uint32_t line; /* from 1 */
    uint32_t column;
    char message[SCENARIO_TOML_MESSAGE_MAX]; /* without an end; clean for a terminal */
};

/** Read `text` over the defaults of scenario_init. WAVU_ERR_INVALID with `*error` filled in for a
 * text that is no TOML, an unknown key (with the nearest known one), a value out of its bounds, or
 * what scenario_check refuses; WAVU_ERR_LIMIT likewise for too much of it. */
WARN_UNUSED int scenario_toml_read(struct span text, struct scenario_file *out,
                                   struct scenario_toml_error *error);

/** Append `file` as text, which scenario_toml_read takes for the same. Amounts and rates of kinds
 * that have none are left out. WAVU_ERR_LIMIT when `out` has no room for it. */
WARN_UNUSED int scenario_toml_write(const struct scenario_file *file, struct buf *out);

/** Whether `kind` has a rate, an amount, and whether that is a time (else a number a second). */
bool scenario_toml_has_rate(enum scenario_fault_kind kind);
bool scenario_toml_has_amount(enum scenario_fault_kind kind);
bool scenario_toml_is_time(enum scenario_fault_kind kind);

#endif
