/*
 * Key by key. Times are whole milliseconds (_ms) or microseconds (_us); 64-bit seeds and hashes,
 * which JSON's readers would round, are strings.
 */
#include "apps/sim/result_json.h"

#include <inttypes.h>

#include "base/check.h"
#include "base/mem.h"

/* "name":value with a comma behind it. */
static void add_u64(struct text *t, const char *name, uint64_t value)
{
    text_add(t, "\"%s\":%" PRIu64 ",", name, value);
}

static void add_bool(struct text *t, const char *name, bool value)
{
    text_add(t, "\"%s\":%s,", name, value ? "true" : "false");
}

/* NULL becomes null. */
static void add_text(struct text *t, const char *name, const char *value)
{
    text_add(t, "\"%s\":", name);
    if (value != NULL) {
        text_json(t, value);
    } else {
        text_add(t, "null");
    }
    text_add(t, ",");
}

static void add_hash(struct text *t, const char *name, uint64_t hash)
{
    char digits[17];
    add_text(t, name, outcome_hash(hash, digits));
}

/* The last comma becomes the end. */
static void end(struct text *t, char bracket)
{
    if (t->len > 0 && t->at[t->len - 1] == ',') {
        t->at[t->len - 1] = bracket;
    } else {
        text_add(t, "%c", bracket);
    }
}

/* Append `file` as a JSON string of TOML. */
static void result_json_toml(struct text *t, const struct scenario_file *file)
{
    struct buf toml;
    buf_init(&toml, SCENARIO_TOML_SIZE_MAX + 1);
    CHECK(scenario_toml_write(file, &toml) == 0 && buf_append(&toml, span_of("", 1)) == 0);
    text_json(t, (const char *)toml.ptr);
    buf_clear(&toml);
}

static void add_ratio(struct text *t, const char *name, struct scenario_ratio r, bool is_there)
{
    if (is_there) {
        text_add(t, "\"%s\":\"%" PRIu32 "/%" PRIu32 "\",", name, r.part, r.whole);
    } else {
        text_add(t, "\"%s\":null,", name);
    }
}

static void add_fault(struct text *t, const struct scenario_fault *f)
{
    bool is_one = f->node != SCENARIO_EVERYWHERE;
    text_add(t, "{");
    add_u64(t, "id", f->id);
    add_text(t, "kind", scenario_fault_word(f->kind));
    add_u64(t, "at_ms", f->at_ms);
    add_u64(t, "end_ms", f->end_ms);
    text_add(t, is_one ? "\"node\":%" PRIu32 "," : "\"node\":null,", f->node);
    add_ratio(t, "share", f->share, !is_one);
    add_ratio(t, "rate", f->rate, scenario_toml_has_rate(f->kind));
    if (scenario_toml_has_amount(f->kind)) {
        add_u64(t, "amount", f->amount);
    } else {
        text_add(t, "\"amount\":null,");
    }
    end(t, '}');
    text_add(t, ",");
}

static void add_scenario(struct text *t, const struct scenario_file *file)
{
    const struct scenario *s = &file->scenario;
    text_add(t, "\"scenario\":{");
    add_text(t, "name", s->name);
    text_add(t, "\"seed\":\"%" PRIu64 "\",", s->seed);
    add_u64(t, "nodes", s->nodes);
    add_text(t, "cable", scenario_cable_word(s->cable));
    add_text(t, "cables", outcome_cables(s->cable));
    add_u64(t, "delay_min_ms", s->delay_min_ms);
    add_u64(t, "delay_max_ms", s->delay_max_ms);
    add_u64(t, "join_ms", s->join_ms);
    add_u64(t, "fault_ms", s->fault_ms);
    add_u64(t, "settle_ms", s->settle_ms);
    add_u64(t, "senders", s->senders);
    add_u64(t, "say_ms", s->say_ms);
    add_u64(t, "say_bytes", s->say_bytes);
    add_u64(t, "min_degree", s->min_degree);
    add_u64(t, "max_degree", s->max_degree);
    add_u64(t, "gossip_ms", s->gossip_ms);
    add_u64(t, "heartbeat_ms", s->heartbeat_ms);
    add_u64(t, "rebalance_ms", s->rebalance_ms);
    add_u64(t, "ihave_ms", s->ihave_ms);
    add_u64(t, "phi_milli", s->phi_milli);
    text_add(t, "\"faults\":[");
    for (size_t i = 0; i < s->fault_count; i++) {
        add_fault(t, &s->faults[i]);
    }
    end(t, ']');
    text_add(t, ",\"toml\":");
    result_json_toml(t, file);
    text_add(t, "},");
}

static void add_figures(struct text *t, const struct run_figures *f)
{
    text_add(t, "\"figures\":{");
    add_u64(t, "broadcasts", f->broadcasts);
    add_u64(t, "owed", f->owed);
    add_u64(t, "delivered", f->delivered);
    add_u64(t, "duplicates", f->duplicates);
    add_u64(t, "first_copies", f->first_copies);
    add_u64(t, "hops_max", f->hops_max);
    add_u64(t, "last_delivery_us", f->last_delivery_us);
    add_u64(t, "settled_ms", f->settled_ms);
    add_u64(t, "downs_true", f->downs_true);
    add_u64(t, "downs_false", f->downs_false);
    add_u64(t, "detect_ms", f->detect_ms);
    add_u64(t, "messages", f->messages);
    add_u64(t, "bytes", f->bytes);
    add_u64(t, "bytes_node_s", f->bytes_node_s);
    end(t, '}');
    text_add(t, ",");
}

static void add_sample(struct text *t, const struct run_sample *s)
{
    text_add(t, "{");
    add_u64(t, "at_ms", s->at_ms);
    add_u64(t, "alive", s->alive);
    add_u64(t, "components", s->components);
    add_u64(t, "largest", s->largest);
    add_u64(t, "degree_min", s->degree_min);
    add_u64(t, "degree_max", s->degree_max);
    add_u64(t, "degree_milli", s->degree_milli);
    add_u64(t, "messages", s->messages);
    add_u64(t, "bytes", s->bytes);
    add_u64(t, "broadcasts", s->broadcasts);
    add_u64(t, "delivered", s->delivered);
    add_u64(t, "downs_true", s->downs_true);
    add_u64(t, "downs_false", s->downs_false);
    add_u64(t, "faults", s->faults);
    end(t, '}');
    text_add(t, ",\n");
}

static void add_samples(struct text *t, const struct run_result *r)
{
    text_add(t, "\"samples\":[\n");
    for (size_t i = 0; i < r->sample_count; i++) {
        add_sample(t, &r->samples[i]);
    }
    if (r->sample_count > 0) {
        t->len--; /* the newline behind the last comma */
        t->at[t->len] = '\0';
    }
    end(t, ']');
}

static void add_shrunk(struct text *t, const struct outcome *o)
{
    if (o->shrunk == NULL) {
        text_add(t, "\"shrunk\":null,");
        return;
    }
    struct scenario_file *file = mem_new(sizeof *file);
    file->scenario = o->shrunk->scenario;
    text_add(t, "\"shrunk\":{");
    add_u64(t, "runs", o->shrunk->runs);
    add_bool(t, "is_minimal", o->shrunk->is_minimal);
    add_u64(t, "nodes", o->shrunk->scenario.nodes);
    add_u64(t, "faults", o->shrunk->scenario.fault_count);
    add_text(t, "why", o->shrunk->why);
    add_hash(t, "hash", o->shrunk->hash);
    text_add(t, "\"toml\":");
    result_json_toml(t, file);
    text_add(t, "},");
    mem_free(file);
}

void result_json_write(struct text *t, const struct outcome *o)
{
    const struct run_result *r = o->run;
    text_add(t, "{");
    add_u64(t, "version", RESULT_JSON_VERSION);
    add_bool(t, "passed", r->is_passed);
    add_text(t, "why", r->why);
    add_u64(t, "failed_ms", r->failed_ms);
    add_hash(t, "hash", r->hash);
    add_u64(t, "events", r->events);
    add_u64(t, "virtual_ms", r->virtual_ms);
    add_u64(t, "wall_ms", o->wall_ms);
    add_text(t, "replay", o->replay_path);
    add_text(t, "replayed", o->replayed);
    add_scenario(t, o->file);
    add_figures(t, &r->figures);
    add_shrunk(t, o);
    add_samples(t, r);
    text_add(t, "}\n");
}
