/*
 * The first seconds after somebody joins, on whole nodes in the simulator: several join one after
 * the other, and all say something as soon as they can.
 */
#include "tests/node/people.h"

#define SECOND_PART (TIMERS_SECOND / 10)
#define WAIT_PARTS 1200
#define SOON_PARTS 200

/* `i` says `text` now, if it can. */
static bool says(size_t i, const char *text)
{
    char id[WAVU_KEY_TEXT_MAX];
    return wavu_say(h.nodes[i], NULL, text, strlen(text), id) == 0;
}

/* Each says its name and `part`, as soon as it can. Returns how many tenths of a second that took.
 */
static int all_say(const char *part)
{
    bool has_said[PEOPLE_MAX] = {false};
    size_t count = 0;
    int k = 0;
    for (; k < WAIT_PARTS && count < h.count; k++) {
        for (size_t i = 0; i < h.count; i++) {
            char text[40];
            (void)snprintf(text, sizeof text, "%s%zu", part, i);
            if (!has_said[i] && says(i, text)) {
                has_said[i] = true;
                count++;
            }
        }
        sim_run_for(h.sim, SECOND_PART);
    }
    assert_int_equal(count, h.count);
    return k;
}

/* The next one begins when the one before was let in. */
static void all_join(void)
{
    for (size_t i = 1; i < h.count; i++) {
        struct wavu_invitation invitation;
        assert_int_equal(wavu_invite(h.nodes[0], NULL, "en", &invitation), 0);
        assert_int_equal(wavu_join(h.nodes[i], invitation.code, "10.0.0.1:9000"), 0);
        for (int k = 0; k < WAIT_PARTS && told[i].kinds[WAVU_MEMBERS_ENTERED] == 0; k++) {
            sim_run_for(h.sim, SECOND_PART);
        }
        assert_int_equal(told[i].kinds[WAVU_MEMBERS_ENTERED], 1);
    }
}

static bool has_all_of(size_t i, const char *part)
{
    struct read r = read_all(i);
    for (size_t by = 0; by < h.count; by++) {
        char text[40];
        (void)snprintf(text, sizeof text, ":%s%zu|", part, by);
        if (strstr(r.text, text) == NULL) {
            return false;
        }
    }
    return true;
}

/* Nothing is missing of what is said when all could say something, however soon that was. */
static void nothing_is_missed(void **state)
{
    static const uint64_t seeds[] = {1, 2, 3, 10, 26, 29, 32, 37, 39, 50};
    (void)state;
    for (size_t s = 0; s < sizeof seeds / sizeof seeds[0]; s++) {
        start(seeds[s], 4, false);
        make();
        all_join();
        (void)all_say("first");
        (void)all_say("second");
        run(40);
        for (size_t i = 0; i < h.count; i++) {
            assert_true(has_all_of(i, "second"));
        }
        stop();
    }
}

/* Who was just let in asks for keys before others can be reached, and asks the next one before it
 * hears: an answer that comes then lets it speak all the same. */
static void all_may_speak_soon(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        start(seed, 5, false);
        make();
        all_join();
        assert_true(all_say("first") <= SOON_PARTS);
        stop();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(nothing_is_missed), UNIT(all_may_speak_soon)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
