/* Rows of the table of files. */
#include "sync/file_row.h"

#include "tests/base/unit.h"

static uint8_t room[FILE_ROW_SIZE_MAX];
static struct file_row row;
static struct file_row back;

static struct span write(void)
{
    struct wr w;

    wr_init(&w, span_mut_of(room, sizeof room));
    file_row_write(&w, &row);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void fill(const char *text, size_t len)
{
    row = (struct file_row){.state = FILE_ROW_HERE,
                            .aead = AEAD_AES256_GCM,
                            .size = FILE_SHAPE_SIZE_MAX,
                            .key = {1, 2, 3},
                            .stamp = {4, 5, 6},
                            .text_len = len};
    memcpy(row.text, text, len);
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    fill("downloads/a", 11);
    assert_int_equal(file_row_read(&back, write()), 0);
    assert_memory_equal(&row, &back, sizeof row);
    memset(row.text, 'x', FILE_ROW_TEXT_MAX);
    row.text_len = FILE_ROW_TEXT_MAX;
    assert_int_equal(file_row_read(&back, write()), 0);
    assert_int_equal(strlen(back.text), FILE_ROW_TEXT_MAX);
}

static void test_damage(void **state)
{
    (void)state;
    fill("downloads/a", 11);
    struct span value = write();

    for (size_t len = 0; len < value.len - row.text_len; len++) {
        assert_int_equal(file_row_read(&back, span_slice(value, 0, len)), WAVU_ERR_CORRUPT);
    }
    room[0] = 2;
    assert_int_equal(file_row_read(&back, value), WAVU_ERR_UNSUPPORTED);
    room[0] = 0;
    assert_int_equal(file_row_read(&back, value), WAVU_ERR_CORRUPT);
    room[0] = 1;
    room[1] = FILE_ROW_HERE + 1;
    assert_int_equal(file_row_read(&back, value), WAVU_ERR_CORRUPT);
    room[1] = FILE_ROW_HERE;
    room[2] = 3; /* no AEAD */
    assert_int_equal(file_row_read(&back, value), WAVU_ERR_CORRUPT);
    room[2] = 1;
    room[value.len - 1] = 0;
    assert_int_equal(file_row_read(&back, value), WAVU_ERR_CORRUPT);
    room[value.len - 1] = 'a';
    assert_int_equal(file_row_read(&back, value), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_is_written_is_read),
        UNIT(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
