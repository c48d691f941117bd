/*
 * Contacts on a store: what is said of a person stays, also over a start; names that look alike are
 * not given twice; a key that is followed by another takes the mark with it.
 */
#include "chat/contacts.h"

#include "base/name_looks.h"
#include "tests/store/disk.h"

struct fixture {
    struct disk disk;
    struct random_seeded seeded;
    struct random random;
    struct contacts contacts;
};

static const uint8_t amina[32] = {1};
static const uint8_t baraka[32] = {2};
static const uint8_t chiku[32] = {3};

static void begin(struct fixture *f)
{
    random_seeded_init(&f->seeded, 7);
    f->random = random_from_seeded(&f->seeded);
    disk_start(&f->disk, 7, STORE_DISK);
    assert_int_equal(contacts_init(&f->contacts, f->disk.store, &f->random), 0);
}

static void end(struct fixture *f)
{
    contacts_clear(&f->contacts);
    disk_stop(&f->disk);
}

/* Another start, with what is on the disk. */
static void again(struct fixture *f)
{
    contacts_clear(&f->contacts);
    assert_int_equal(store_flush(f->disk.store), 0);
    disk_reopen(&f->disk);
    assert_int_equal(contacts_init(&f->contacts, f->disk.store, &f->random), 0);
}

static size_t count(const struct contacts *c)
{
    size_t at = 0;
    size_t found = 0;
    while (contacts_next(c, &at) != NULL) {
        found++;
    }
    return found;
}

static void what_is_said_stays(void **state)
{
    (void)state;
    static struct fixture f;
    begin(&f);
    assert_null(contacts_get(&f.contacts, amina));
    assert_int_equal(contacts_set_name(&f.contacts, amina, UNIT_TEXT("Mama")), 0);
    assert_int_equal(contacts_verify(&f.contacts, amina, 1700000000000), 0);
    assert_int_equal(contacts_block(&f.contacts, baraka, true), 0);
    again(&f);
    const struct contacts_one *one = contacts_get(&f.contacts, amina);
    assert_non_null(one);
    assert_memory_equal(one->name, "Mama", 4);
    assert_int_equal(one->name_len, 4);
    assert_int_equal(one->mark, CONTACTS_VERIFIED);
    assert_int_equal(one->unix_ms, 1700000000000);
    assert_false(one->is_blocked);
    assert_true(contacts_get(&f.contacts, baraka)->is_blocked);
    assert_int_equal(count(&f.contacts), 2);
    /* Who has nothing said of it any more is forgotten. */
    assert_int_equal(contacts_block(&f.contacts, baraka, false), 0);
    assert_int_equal(contacts_unverify(&f.contacts, amina), 0);
    assert_int_equal(contacts_set_name(&f.contacts, amina, span_empty()), 0);
    assert_int_equal(count(&f.contacts), 0);
    again(&f);
    assert_int_equal(count(&f.contacts), 0);
    end(&f);
}

static void names_are_given_once(void **state)
{
    (void)state;
    static struct fixture f;
    uint8_t look[NAME_LOOKS_SIZE_MAX];
    struct wr w;
    begin(&f);
    assert_int_equal(contacts_set_name(&f.contacts, amina, UNIT_TEXT("Mama")), 0);
    assert_int_equal(contacts_set_name(&f.contacts, baraka, UNIT_TEXT("M\u0430ma")),
                     WAVU_ERR_EXISTS);
    assert_null(contacts_get(&f.contacts, baraka));
    assert_int_equal(contacts_set_name(&f.contacts, baraka, UNIT_TEXT("\x1b[2J")),
                     WAVU_ERR_INVALID);
    assert_int_equal(contacts_set_name(&f.contacts, amina, UNIT_TEXT("mama")), 0); /* its own */
    wr_init(&w, span_mut_of(look, sizeof look));
    assert_true(name_looks_write(&w, UNIT_TEXT("MAMA")));
    assert_ptr_equal(contacts_by_look(&f.contacts, wr_span(&w)), contacts_get(&f.contacts, amina));
    again(&f);
    assert_ptr_equal(contacts_by_look(&f.contacts, wr_span(&w)), contacts_get(&f.contacts, amina));
    end(&f);
}

static void a_new_key_drops_the_mark(void **state)
{
    (void)state;
    static struct fixture f;
    struct contacts_one before;
    begin(&f);
    assert_int_equal(contacts_succeed(&f.contacts, amina, baraka, &before), WAVU_ERR_NOT_FOUND);
    assert_int_equal(contacts_set_name(&f.contacts, amina, UNIT_TEXT("Mama")), 0);
    assert_int_equal(contacts_verify(&f.contacts, amina, 5), 0);
    assert_int_equal(contacts_succeed(&f.contacts, amina, baraka, &before), 0);
    assert_int_equal(before.mark, CONTACTS_VERIFIED);
    assert_memory_equal(before.key, amina, 32);
    assert_null(contacts_get(&f.contacts, amina));
    assert_int_equal(contacts_get(&f.contacts, baraka)->mark, CONTACTS_CHANGED);
    assert_int_equal(contacts_get(&f.contacts, baraka)->unix_ms, 5);
    assert_memory_equal(contacts_get(&f.contacts, baraka)->name, "Mama", 4);
    /* Told once; found again by its first key, also after a start, at the next one. */
    assert_int_equal(contacts_succeed(&f.contacts, amina, baraka, &before), WAVU_ERR_NOT_FOUND);
    again(&f);
    assert_int_equal(contacts_succeed(&f.contacts, amina, chiku, &before), 0);
    assert_int_equal(before.mark, CONTACTS_CHANGED);
    assert_int_equal(contacts_get(&f.contacts, chiku)->mark, CONTACTS_CHANGED);
    assert_int_equal(contacts_verify(&f.contacts, chiku, 9), 0); /* compared anew */
    assert_int_equal(contacts_get(&f.contacts, chiku)->mark, CONTACTS_VERIFIED);
    assert_int_equal(count(&f.contacts), 1);
    end(&f);
}

/* Who is blocked does not come back by a new key, nor under the old one elsewhere. */
static void a_new_key_does_not_unblock(void **state)
{
    (void)state;
    static struct fixture f;
    struct contacts_one before;
    begin(&f);
    assert_int_equal(contacts_block(&f.contacts, amina, true), 0);
    assert_int_equal(contacts_succeed(&f.contacts, amina, baraka, &before), 0);
    assert_true(contacts_get(&f.contacts, amina)->is_blocked);
    assert_true(contacts_get(&f.contacts, baraka)->is_blocked);
    assert_int_equal(contacts_get(&f.contacts, baraka)->mark, CONTACTS_UNVERIFIED);
    assert_int_equal(contacts_succeed(&f.contacts, amina, baraka, &before), WAVU_ERR_NOT_FOUND);
    assert_int_equal(contacts_succeed(&f.contacts, amina, chiku, &before), 0);
    assert_true(contacts_get(&f.contacts, chiku)->is_blocked);
    end(&f);
}

/* A contact of which only the second key is known is found by the first. */
static void a_later_key_is_followed(void **state)
{
    (void)state;
    static struct fixture f;
    struct contacts_one before;
    begin(&f);
    assert_int_equal(contacts_verify(&f.contacts, baraka, 5), 0);
    assert_int_equal(contacts_follow(&f.contacts, baraka, amina), 0);
    assert_int_equal(contacts_follow(&f.contacts, chiku, amina), 0); /* nothing is known of it */
    assert_int_equal(contacts_succeed(&f.contacts, amina, baraka, &before), WAVU_ERR_NOT_FOUND);
    assert_int_equal(contacts_succeed(&f.contacts, amina, chiku, &before), 0);
    assert_int_equal(contacts_get(&f.contacts, chiku)->mark, CONTACTS_CHANGED);
    end(&f);
}

static void there_is_an_end_to_it(void **state)
{
    (void)state;
    static struct fixture f;
    uint8_t key[32] = {9};
    begin(&f);
    for (size_t i = 0; i < CONTACTS_MAX; i++) {
        key[1] = (uint8_t)i;
        key[2] = (uint8_t)(i >> 8);
        assert_int_equal(contacts_block(&f.contacts, key, true), 0);
        if (i % 512 == 0) {
            assert_int_equal(store_flush(f.disk.store), 0);
        }
    }
    assert_int_equal(contacts_verify(&f.contacts, amina, 1), WAVU_ERR_LIMIT);
    assert_int_equal(contacts_verify(&f.contacts, key, 1), 0);
    again(&f);
    assert_int_equal(count(&f.contacts), CONTACTS_MAX);
    end(&f);
}

static void damaged_rows_are_told(void **state)
{
    (void)state;
    const struct {
        struct span row;
        int err;
    } cases[] = {
        {UNIT_TEXT("\x02"), WAVU_ERR_UNSUPPORTED},
        {UNIT_TEXT("\x02\x00 of a newer wavu"), WAVU_ERR_UNSUPPORTED},
        {UNIT_TEXT("\x01"), WAVU_ERR_CORRUPT},
        {UNIT_TEXT("\x01\x03"
                   "12345678"
                   "12345678901234567890123456789012"
                   "\x00"),
         WAVU_ERR_CORRUPT}, /* both marks */
        {UNIT_TEXT("\x01\x00"
                   "12345678"
                   "12345678901234567890123456789012"
                   "\x01\x07"),
         WAVU_ERR_CORRUPT}, /* a name that steers */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct fixture f;
        begin(&f);
        assert_int_equal(store_put(f.disk.store, CONTACTS_TABLE, span_of(amina, 32), cases[i].row),
                         0);
        contacts_clear(&f.contacts);
        int rc = contacts_init(&f.contacts, f.disk.store, &f.random);
        assert_true(rc == cases[i].err || (cases[i].row.len < 2 && rc == WAVU_ERR_CORRUPT));
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_is_said_stays),       UNIT(names_are_given_once),
        UNIT(a_new_key_drops_the_mark), UNIT(a_new_key_does_not_unblock),
        UNIT(a_later_key_is_followed),  UNIT(there_is_an_end_to_it),
        UNIT(damaged_rows_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
