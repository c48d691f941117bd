/*
 * Files between people, on whole nodes in the simulator: holders that come and go, crashes, full
 * disks, files that change, and offers that are no good.
 */
#include "node/wavu_files.h"

#include "tests/node/files_people.h"

#define TRIP "/photos/trip.ogg"
#define HERE "downloads/trip.ogg"

static void files_reach_all_who_accept(void **state)
{
    (void)state;
    files_start(101, 3);
    files_put(0, TRIP, 300 * KIB, 1);
    files_send(0, TRIP, 2);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(wavu_file_accept(h.nodes[i], NULL, files[i].id), 0);
        assert_true(files_until(i, WAVU_FILES_DONE, 1, LONG));
        assert_string_equal(files[i].path, HERE);
        assert_true(files_is(i, HERE, 300 * KIB, 1));
    }
    files_put(0, "/other/trip.ogg", 0, 2); /* an empty one, of the same name */
    files_send(0, "/other/trip.ogg", 1);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, files[1].id), 0);
    assert_true(files_until(1, WAVU_FILES_DONE, 2, LONG));
    assert_string_equal(files[1].path, "downloads/trip (2).ogg");
    assert_true(files_is(1, files[1].path, 0, 2));
    assert_true(files_is(1, HERE, 300 * KIB, 1)); /* nothing was replaced */
    assert_int_equal(files[0].kinds[WAVU_FILES_SENT], 2);
    stop();
}

/* Who has all of it gives it, too: one comes to an end when the first one goes. */
static void several_holders_share(void **state)
{
    (void)state;
    files_start(102, 3);
    files_put(0, TRIP, 4 * MIB, 3);
    files_send(0, TRIP, 2);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, files[1].id), 0);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    run(20);
    files_slow(100 * KIB);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), 0);
    assert_false(files_until(2, WAVU_FILES_DONE, 1, 10));
    assert_int_equal(files[2].holders_max, 2);
    down(0);
    assert_true(files_until(2, WAVU_FILES_DONE, 1, LONG));
    assert_true(files_is(2, HERE, 4 * MIB, 3));
    stop();
}

/* One that has it comes in while it is fetched from another. */
static void new_holders_are_asked(void **state)
{
    (void)state;
    files_start(103, 3);
    files_put(0, TRIP, 6 * MIB, 3);
    files_send(0, TRIP, 2);
    files_slow(60 * KIB);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), 0);
    assert_false(files_until(2, WAVU_FILES_DONE, 1, 5));
    files_slow(0);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, files[1].id), 0);
    files_slow(60 * KIB);
    assert_false(files_until(2, WAVU_FILES_DONE, 1, 1));
    files_slow(200 * KIB);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    assert_true(files_until(2, WAVU_FILES_DONE, 1, LONG));
    assert_true(files_is(2, HERE, 6 * MIB, 3));
    stop();
}

static void they_go_on_after_a_restart(void **state)
{
    (void)state;
    files_start(104, 2);
    files_put(0, TRIP, 4 * MIB, 3);
    files_send(0, TRIP, 1);
    files_slow(150 * KIB);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, files[1].id), 0);
    assert_false(files_until(1, WAVU_FILES_DONE, 1, 14));
    assert_true(files[1].bytes > MIB);
    files_crash(1);
    files_up(1);
    assert_true(files_until(1, WAVU_FILES_MOVED, 1, LONG));
    assert_true(files[1].bytes > 256 * KIB); /* not from the beginning */
    run(5);
    uint64_t bytes = files[1].bytes;

    down(1); /* in good order nothing is lost */
    memset(&files[1], 0, sizeof files[1]);
    files_up(1);
    assert_true(files_until(1, WAVU_FILES_MOVED, 1, LONG));
    assert_true(files[1].bytes + 256 * KIB >= bytes);
    files_crash(0); /* the giver, too */
    run(5);
    files_up(0);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    assert_true(files_is(1, HERE, 4 * MIB, 3));
    stop();
}

static void full_disks(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];

    files_start(105, 2);
    files_put(0, TRIP, 4 * MIB, 3);
    files_send(0, TRIP, 1);
    memcpy(id, files[1].id, sizeof id);
    sim_files_set_room(h.hosts[1], WAVU_FILES_SPARE + 4 * MIB);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, id), WAVU_ERR_NO_SPACE);
    assert_string_equal(files_look(1, id).state, "offered");
    sim_files_set_room(h.hosts[1], UINT64_MAX);
    files_slow(400 * KIB);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, id), 0);
    assert_false(files_until(1, WAVU_FILES_DONE, 1, 4));
    sim_files_set_fault(h.hosts[1], SIM_DISK_FULL); /* somebody else filled it */
    assert_true(files_until(1, WAVU_FILES_STOPPED, 1, LONG));
    assert_int_equal(files[1].err, WAVU_ERR_NO_SPACE);
    assert_string_equal(files_look(1, id).state, "stopped");
    assert_int_equal(files_look(1, id).err, WAVU_ERR_NO_SPACE);
    sim_files_set_fault(h.hosts[1], SIM_DISK_SOUND);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, id), 0);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    assert_true(files_is(1, HERE, 4 * MIB, 3));
    stop();
}

static void changed_files_are_not_given(void **state)
{
    (void)state;
    files_start(106, 3);
    files_put(0, TRIP, 300 * KIB, 3);
    files_send(0, TRIP, 2);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, files[1].id), 0);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    down(1);
    files_put(0, TRIP, 300 * KIB, 4);
    run(30);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), 0);
    assert_true(files_until(0, WAVU_FILES_GONE, 1, LONG));
    assert_string_equal(files_look(0, files[0].id).state, "gone");
    assert_int_equal(files[2].kinds[WAVU_FILES_STOPPED], 0); /* Baraka has it, but is away */
    files_up(1);
    assert_true(files_until(2, WAVU_FILES_DONE, 1, LONG));
    assert_true(files_is(2, HERE, 300 * KIB, 3)); /* as it was offered */
    files_put(0, "/photos/b", 300 * KIB, 5);
    files_send(0, "/photos/b", 2);
    files_put(0, "/photos/b", 299 * KIB, 5);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), 0);
    assert_true(files_until(2, WAVU_FILES_STOPPED, 1, LONG));
    assert_int_equal(files[2].err, WAVU_ERR_NOT_FOUND); /* nobody has it */
    stop();
}

static void what_is_cancelled_goes(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];

    files_start(107, 2);
    files_put(0, TRIP, 4 * MIB, 3);
    files_send(0, TRIP, 1);
    memcpy(id, files[1].id, sizeof id);
    files_slow(100 * KIB);
    assert_int_equal(wavu_file_cancel(h.nodes[1], NULL, id), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, id), 0);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, id), WAVU_ERR_EXISTS);
    assert_false(files_until(1, WAVU_FILES_DONE, 1, 10));
    assert_int_equal(wavu_file_cancel(h.nodes[1], NULL, id), 0);
    assert_true(files_until(1, WAVU_FILES_STOPPED, 1, LONG));
    assert_int_equal(files[1].err, WAVU_ERR_CLOSED);
    assert_string_equal(files_look(1, id).state, "offered");
    down(1);
    memset(&files[1], 0, sizeof files[1]);
    files_up(1);
    assert_false(files_until(1, WAVU_FILES_MOVED, 1, 30)); /* nor does it go on */
    files_slow(0);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, id), 0);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    assert_int_equal(wavu_file_cancel(h.nodes[1], NULL, id), WAVU_ERR_EXISTS);
    assert_int_equal(wavu_file_cancel(h.nodes[0], NULL, id), 0); /* withdrawn */
    run(10);
    struct wavu_file file;
    assert_int_equal(wavu_file_look(h.nodes[0], NULL, id, &file), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, id), WAVU_ERR_NOT_FOUND);
    assert_true(files_is(1, HERE, 4 * MIB, 3)); /* what one has one has */
    assert_string_equal(files_look(1, id).state, "here");
    stop();
}

/* ---- Offers that are no good ---- */

/* Baraka says in the room that there is such a file, and everybody hears it. */
static void offer_bytes(struct span bytes)
{
    uint8_t room[32];
    uint8_t entry[ENTRY_ID_SIZE];
    const struct content content = {.kind = CONTENT_FILE, .file = bytes};
    struct rooms *rooms = wavu_rooms_inside(
        LIST_OF(list_next(&h.nodes[1]->networks->ones, &h.nodes[1]->networks->ones),
                struct wavu_networks_one, link)
            ->rooms);
    size_t before = files[2].kinds[WAVU_FILES_OFFER];

    rooms_main(rooms, room);
    int rc = WAVU_ERR_AGAIN;
    for (int k = 0; k < 60 && rc == WAVU_ERR_AGAIN; k++) {
        rc = rooms_say(rooms, room, &content, 0, entry);
        run(1);
    }
    assert_int_equal(rc, 0);
    assert_true(files_until(2, WAVU_FILES_OFFER, before + 1, LONG));
}

static void offer_badly(const struct file_about *about)
{
    uint8_t space[FILE_ABOUT_SIZE_MAX];
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    file_about_encode(&w, about);
    offer_bytes(wr_span(&w));
}

/* 64 GiB and a byte: a later field of a number counts (protobuf). */
static void offer_huge(const struct file_about *about)
{
    uint8_t space[FILE_ABOUT_SIZE_MAX + 16];
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    file_about_encode(&w, about);
    wr_u8(&w, 3 << 3);
    wr_varint(&w, FILE_SHAPE_SIZE_MAX + 1);
    offer_bytes(wr_span(&w));
}

/* The offer that Chiku was told of last, as its bytes. */
static void read_about(struct file_about *about)
{
    const struct wavu_networks *w = h.nodes[2]->networks;
    struct rooms *rooms = wavu_rooms_inside(
        LIST_OF(list_next(&w->ones, &w->ones), struct wavu_networks_one, link)->rooms);
    static struct history_message m;
    uint8_t room[32];
    uint8_t id[32];

    rooms_main(rooms, room);
    assert_int_equal(wavu_networks_id(id, files[2].id), 0);
    assert_int_equal(history_view_get(history_room(rooms_history(rooms), room), id, &m), 0);
    assert_int_equal(file_about_decode(about, m.fold.content.file), 0);
    about->name = span_from_text("trip.ogg");
    about->media = span_empty();
    about->thumbnail = span_empty();
    history_view_clear(&m);
}

static void hostile_offers(void **state)
{
    (void)state;
    struct file_about good;
    struct file_about bad;
    struct wavu_file file;
    char id[WAVU_KEY_TEXT_MAX];

    files_start(108, 3);
    files_put(0, TRIP, 300 * KIB, 3);
    files_send(0, TRIP, 2);
    memcpy(id, files[2].id, sizeof id);
    read_about(&good);
    bad = good;
    offer_bytes(span_from_text("\x08\xff\xff")); /* no file at all */
    assert_int_equal(wavu_file_look(h.nodes[2], NULL, files[2].id, &file), WAVU_ERR_PROTO);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), WAVU_ERR_PROTO);
    offer_huge(&good); /* too large for anybody */
    assert_int_equal(wavu_file_look(h.nodes[2], NULL, files[2].id, &file), WAVU_ERR_PROTO);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), WAVU_ERR_PROTO);
    bad.size = FILE_SHAPE_SIZE_MAX;
    sim_files_set_room(h.hosts[2], FILE_SHAPE_SIZE_MAX);
    offer_badly(&bad);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), WAVU_ERR_NO_SPACE);
    sim_files_set_room(h.hosts[2], UINT64_MAX);
    bad = good;
    bad.id[0] ^= 1; /* a root that nothing has */
    offer_badly(&bad);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), 0);
    assert_true(files_until(2, WAVU_FILES_STOPPED, 1, LONG));
    assert_int_equal(files[2].err, WAVU_ERR_NOT_FOUND);
    bad = good;
    bad.key[0] ^= 1; /* a key that opens nothing */
    offer_badly(&bad);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), 0);
    assert_true(files_until(2, WAVU_FILES_STOPPED, 2, LONG));
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, id), 0); /* the true offer of it is */
    assert_true(files_until(2, WAVU_FILES_DONE, 1, LONG));       /* not spoiled by that */
    assert_true(files_is(2, HERE, 300 * KIB, 3));
    stop();
}

static void names_cannot_escape(void **state)
{
    static const struct {
        const char *said;
        const char *stored;
    } names[] = {{"../../x", "downloads/_.._.._x"},
                 {"/etc/passwd", "downloads/_etc_passwd"},
                 {"con.txt: b|c", "downloads/_con.txt_ b_c"},
                 {"..", "downloads/file"}};
    struct file_about about;

    (void)state;
    files_start(209, 3);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        files_put(1, TRIP, 10 * KIB, (uint32_t)i);
        files_send(1, TRIP, 2);
        read_about(&about);
        about.name = span_from_text(names[i].said);
        offer_badly(&about); /* the same file under another name */
        assert_string_equal(files_look(2, files[2].id).name, names[i].stored + 10);
        assert_int_equal(wavu_file_accept(h.nodes[2], NULL, files[2].id), 0);
        assert_true(files_until(2, WAVU_FILES_DONE, i + 1, LONG));
        assert_string_equal(files[2].path, names[i].stored);
        assert_true(files_is(2, names[i].stored, 10 * KIB, (uint32_t)i));
    }
    struct wavu_file file;

    about.name = span_from_text("a\x1b[2Jb\n.txt"); /* no file is called that */
    offer_badly(&about);
    assert_int_equal(wavu_file_look(h.nodes[2], NULL, files[2].id, &file), WAVU_ERR_PROTO);
    stop();
}

/* What node `of` says to have, as node `i` hears it: at most its format. */
static void expect_says_nothing(size_t i, size_t of)
{
    const struct wavu_networks *w = h.nodes[i]->networks;
    const struct wavu_networks_one *o =
        LIST_OF(list_next(&w->ones, &w->ones), struct wavu_networks_one, link);
    struct overlay_id id;
    struct span said = span_empty();

    memcpy(id.bytes, h.nodes[of]->swarm.key.public_key, sizeof id.bytes);
    (void)!state_get(&overlay_mesh(o->overlay)->state, &id, span_from_text("files"), &said);
    assert_true(said.len <= 1);
}

/* Amina sends a file to Baraka alone, who fetches it. */
static void send_to_one(uint64_t seed)
{
    struct counted c;
    uint64_t number = 0;

    files_start(seed, 3);
    c = count(0, "Baraka");
    const struct wavu_file_wish wish = {.path = TRIP, .to = c.id};

    files_put(0, TRIP, 300 * KIB, 3);
    assert_int_equal(wavu_file_send(h.nodes[0], &wish, &number), 0);
    assert_true(files_until(1, WAVU_FILES_OFFER, 1, LONG));
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, files[1].id), 0);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    assert_true(files_is(1, HERE, 300 * KIB, 3));
    run(30);
    assert_int_equal(files[2].kinds[WAVU_FILES_OFFER], 0);
}

/* To one alone: nobody else hears of it, nor that it is there. */
static void a_file_to_one_member(void **state)
{
    (void)state;
    send_to_one(111);
    expect_says_nothing(2, 1);
    assert_int_equal(wavu_file_cancel(h.nodes[0], NULL, files[0].id), 0);
    run(20);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, files[1].id), WAVU_ERR_NOT_FOUND);
    assert_string_equal(files_look(1, files[1].id).state, "here"); /* what one has one has */
    stop();
}

/* The rooms of the one who has it do not open: what it cannot tell apart it does not tell. */
static void nothing_is_told_without_rooms(void **state)
{
    (void)state;
    send_to_one(114);
    for (uint8_t number = 0; number < 4; number++) {
        const uint8_t key[36] = {0, 0, 0, number, 1};

        assert_int_equal(store_put(h.nodes[1]->store.store, "chat.d", span_of(key, sizeof key),
                                   UNIT_TEXT("no row")),
                         0);
    }
    run(5);
    down(1);
    files_up(1);
    run(60);
    const struct wavu_networks *w = h.nodes[1]->networks;

    assert_null(LIST_OF(list_next(&w->ones, &w->ones), struct wavu_networks_one, link)->rooms);
    expect_says_nothing(2, 1);
    expect_says_nothing(0, 1);
    stop();
}

/* Who is put out gets nothing more, of what it had accepted neither. */
static void who_is_revoked_gets_nothing(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];

    files_start(303, 3);
    files_put(0, TRIP, 4 * MIB, 3);
    files_send(0, TRIP, 2);
    memcpy(id, files[2].id, sizeof id);
    assert_int_equal(wavu_file_accept(h.nodes[1], NULL, id), 0);
    assert_true(files_until(1, WAVU_FILES_DONE, 1, LONG));
    files_slow(100 * KIB);
    assert_int_equal(wavu_file_accept(h.nodes[2], NULL, id), 0);
    assert_false(files_until(2, WAVU_FILES_DONE, 1, 10));
    assert_true(files[2].bytes > 0);
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, count(0, "Chiku").id, false), 0);
    run(5);
    uint64_t bytes = files[2].bytes;

    files_slow(0);
    assert_false(files_until(2, WAVU_FILES_DONE, 1, LONG));
    assert_true(files[2].bytes <= bytes + 64 * KIB);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(files_reach_all_who_accept),
        UNIT(several_holders_share),
        UNIT(new_holders_are_asked),
        UNIT(they_go_on_after_a_restart),
        UNIT(full_disks),
        UNIT(changed_files_are_not_given),
        UNIT(what_is_cancelled_goes),
        UNIT(hostile_offers),
        UNIT(names_cannot_escape),
        UNIT(a_file_to_one_member),
        UNIT(nothing_is_told_without_rooms),
        UNIT(who_is_revoked_gets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
