/*
 * Scenarios as TOML: what is read passes scenario_check and survives being written and read again;
 * what is refused has a place inside the text and a sentence that a terminal can show.
 */
#include "swarm/scenario_toml.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(const uint8_t *data, size_t size, const struct scenario_toml_error *e)
{
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n' ? 1 : 0;
    }
    CHECK(e->line >= 1 && e->line <= lines && e->column >= 1);
    CHECK(e->message[0] != '\0' && strlen(e->message) < sizeof e->message);
    for (const char *at = e->message; *at != '\0'; at++) {
        CHECK((unsigned char)*at >= ' ' && *at != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scenario_file file;
    static struct scenario_file again;
    struct scenario_toml_error error;
    struct buf first;
    struct buf second;
    char why[200];
    size_t before = mem_live_count();
    if (scenario_toml_read(span_of(data, size), &file, &error) < 0) {
        check_refusal(data, size, &error);
        CHECK(mem_live_count() == before);
        return 0;
    }
    buf_init(&first, SCENARIO_TOML_SIZE_MAX);
    buf_init(&second, SCENARIO_TOML_SIZE_MAX);
    CHECK(scenario_check(&file.scenario, why, sizeof why) == 0);
    CHECK(scenario_toml_write(&file, &first) == 0);
    CHECK(scenario_toml_read(buf_span(&first), &again, &error) == 0);
    CHECK(scenario_toml_write(&again, &second) == 0);
    CHECK(span_is_equal(buf_span(&first), buf_span(&second)));
    CHECK(memcmp(file.scenario.faults, again.scenario.faults, sizeof file.scenario.faults) == 0);
    buf_clear(&first);
    buf_clear(&second);
    CHECK(mem_live_count() == before);
    return 0;
}
