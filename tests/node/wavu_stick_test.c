/*
 * Sticks through the public interface, on whole nodes in the simulator that are never up together:
 * there and back, pieces of files, files that are none.
 */
#include "wavu/stick.h"

#include "tests/node/people.h"
#include "wavu/direct.h"
#include "wavu/history.h"

#define PIECE 777
#define FILES_MAX 8

static struct {
    uint8_t *bytes[FILES_MAX];
    size_t lens[FILES_MAX];
    size_t count;
    size_t messages;
} stick;

static char ids[2][WAVU_KEY_TEXT_MAX];
static char last_state[16];

static void on_direct(void *context, const struct wavu_direct_event *event)
{
    (void)context;
    if (event->kind == WAVU_DIRECT_STATE) {
        (void)snprintf(last_state, sizeof last_state, "%s", event->state);
    }
}

static void clear_stick(void)
{
    for (size_t i = 0; i < stick.count; i++) {
        mem_free(stick.bytes[i]);
    }
    memset(&stick, 0, sizeof stick);
}

/* Baraka and Amina pair, and do not meet again. */
static void begin(uint64_t seed)
{
    static const char *const nicks[] = {"Amina", "Baraka"};
    start(seed, 2, false);
    make();
    join_at(0, 1);
    run(60);
    for (size_t i = 0; i < 2; i++) {
        memcpy(ids[i], count(0, nicks[i]).id, WAVU_KEY_TEXT_MAX);
    }
    down(0);
    down(1);
}

static void alone(size_t i)
{
    for (size_t k = 0; k < 2; k++) {
        if (k != i && h.nodes[k] != NULL) {
            down(k);
        }
    }
    if (h.nodes[i] == NULL) {
        up(i, false);
        assert_int_equal(wavu_direct_listen(h.nodes[i], on_direct, NULL), 0);
    }
}

static void write_stick(size_t i, const char *member)
{
    struct wavu_stick_file file;
    size_t tries = 0;
    int rc = 0;
    clear_stick();
    assert_int_equal(wavu_stick_write(h.nodes[i], NULL, member), 0);
    while (rc == 0 && tries < 100) {
        rc = wavu_stick_next(h.nodes[i], &file);
        if (rc == 0) {
            assert_int_equal(strlen(file.name), 21);
            stick.bytes[stick.count] = mem_new_raw(file.len);
            memcpy(stick.bytes[stick.count], file.bytes, file.len);
            stick.lens[stick.count++] = file.len;
            stick.messages += file.messages;
        } else if (rc == WAVU_ERR_AGAIN) {
            sim_run_for(h.sim, 100 * TIMERS_MS);
            tries++;
            rc = 0;
        }
    }
    assert_int_equal(rc, WAVU_ERR_NOT_FOUND);
    assert_int_equal(file.messages, 0); /* all could be sealed */
    assert_int_equal(wavu_stick_next(h.nodes[i], &file), WAVU_ERR_NOT_FOUND);
}

static struct wavu_stick_taken read_file(size_t i, const uint8_t *bytes, size_t len)
{
    struct wavu_stick_taken taken = {.read = 0};
    size_t tries = 0;
    int rc = WAVU_ERR_AGAIN;
    for (size_t at = 0; at < len; at += PIECE) {
        const size_t piece = len - at < PIECE ? len - at : PIECE;
        assert_int_equal(wavu_stick_put(h.nodes[i], at, bytes + at, piece), 0);
    }
    while (rc == WAVU_ERR_AGAIN && tries++ < 100) {
        rc = wavu_stick_take(h.nodes[i], NULL, &taken);
        sim_run_for(h.sim, 50 * TIMERS_MS);
    }
    assert_int_equal(rc, 0);
    return taken;
}

static uint32_t read_stick(size_t i)
{
    uint32_t read = 0;
    for (size_t k = 0; k < stick.count; k++) {
        read += read_file(i, stick.bytes[k], stick.lens[k]).read;
    }
    return read;
}

static void write_to_other(size_t i, const char *text)
{
    char id[WAVU_KEY_TEXT_MAX];
    const struct wavu_direct what = {.member = ids[1 - i], .text = text, .len = strlen(text)};
    assert_int_equal(wavu_direct_say(h.nodes[i], &what, id), 0);
}

static void on_look(void *context, const struct wavu_message *m)
{
    struct read *r = context;
    size_t used = strlen(r->text);
    (void)snprintf(r->text + used, sizeof r->text - used, "%.*s %s|", (int)m->text_len, m->text,
                   m->state);
}

static struct read chat(size_t i)
{
    struct read r = {.count = 0};
    const struct wavu_history_of of = {.member = ids[1 - i], .max = 50};
    assert_int_equal(wavu_history_look(h.nodes[i], &of, on_look, &r), 0);
    return r;
}

/* The first message there ever was between them, too: a first flight. */
static void there_and_back(void **state)
{
    (void)state;
    begin(91);
    alone(0);
    write_to_other(0, "barua");
    write_stick(0, ids[1]);
    assert_true(stick.messages >= 1);
    alone(1);
    assert_true(read_stick(1) >= 1);
    assert_string_equal(chat(1).text, "barua |");
    run(1);
    write_to_other(1, "jibu");
    write_stick(1, NULL);
    assert_true(stick.messages >= 2); /* a receipt, too */
    alone(0);
    assert_string_equal(chat(0).text, "barua sent|");
    (void)read_stick(0);
    assert_string_equal(last_state, "delivered");
    assert_string_equal(chat(0).text, "barua delivered|jibu |");
    clear_stick();
    stop();
}

static void what_is_no_file(void **state)
{
    (void)state;
    struct wavu_stick_taken taken;
    struct wavu_stick_file file;
    begin(92);
    alone(0);
    assert_int_equal(wavu_stick_next(h.nodes[0], &file), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_stick_take(h.nodes[0], NULL, &taken), WAVU_ERR_PROTO);
    assert_int_equal(wavu_stick_put(h.nodes[0], 5, "x", 1), WAVU_ERR_INVALID);
    assert_int_equal(wavu_stick_write(h.nodes[0], "nowhere", NULL), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_stick_write(h.nodes[0], NULL, ids[1] + 1), WAVU_ERR_INVALID);
    char nobody[WAVU_KEY_TEXT_MAX];
    memset(nobody, 'a', 64);
    nobody[64] = '\0';
    assert_int_equal(wavu_stick_write(h.nodes[0], NULL, nobody), WAVU_ERR_NOT_FOUND);
    write_to_other(0, "barua");
    write_stick(0, NULL);
    assert_int_equal(stick.count, 1);
    alone(1);
    uint8_t *bytes = stick.bytes[0];
    bytes[stick.lens[0] / 2] ^= 1;
    assert_int_equal(wavu_stick_put(h.nodes[1], 0, bytes, stick.lens[0]), 0);
    assert_int_equal(wavu_stick_take(h.nodes[1], NULL, &taken), WAVU_ERR_PROTO);
    bytes[stick.lens[0] / 2] ^= 1;
    bytes[11] = 9;
    assert_int_equal(wavu_stick_put(h.nodes[1], 0, bytes, stick.lens[0]), 0);
    assert_int_equal(wavu_stick_take(h.nodes[1], NULL, &taken), WAVU_ERR_UNSUPPORTED);
    bytes[11] = 1;
    /* Too large, and then a good one. */
    size_t at = 0;
    int rc = 0;
    while (rc == 0) {
        rc = wavu_stick_put(h.nodes[1], at, bytes, stick.lens[0]);
        at += stick.lens[0];
        assert_true(at < 2 * WAVU_STICK_FILE_MAX);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_int_equal(read_stick(1), stick.messages);
    assert_string_equal(chat(1).text, "barua |");
    clear_stick();
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(there_and_back),
        UNIT(what_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
