/*
 * Words of any bytes: bounded, in UTF-8, without what breaks words; once more through the same they
 * are the same, and a cut text's words are the beginning of the whole one's.
 */
#include <string.h>

#include "base/check.h"
#include "store/store_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_word(const uint8_t *word, size_t len)
{
    struct store_words again;
    uint8_t same[STORE_WORDS_SIZE_MAX];
    CHECK(len <= STORE_WORDS_SIZE_MAX);
    store_words_init(&again, span_of(word, len));
    CHECK(store_words_next(&again, same) == len);
    CHECK(memcmp(same, word, len) == 0);
    CHECK(store_words_next(&again, same) == 0);
}

static void check_entry(struct span text, size_t words)
{
    struct buf entry;
    struct span word;
    struct span last = span_empty();
    size_t count = 0;
    buf_init(&entry, STORE_INDEX_ENTRY_MAX);
    store_index_entry(&entry, text);
    struct span rest = span_slice(buf_span(&entry), 1, entry.len);
    while (store_index_word(&rest, &word)) {
        CHECK(count == 0 || span_compare(last, word) < 0);
        last = word;
        count++;
    }
    CHECK(rest.len == 0 && count <= words && (count > 0) == (words > 0));
    buf_clear(&entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span text = span_of(data, size);
    struct store_words words;
    struct store_words cut;
    uint8_t word[STORE_WORDS_SIZE_MAX];
    uint8_t other[STORE_WORDS_SIZE_MAX];
    size_t count = 0;
    size_t len;
    store_words_init(&words, text);
    store_words_init(&cut, span_slice(text, 0, size / 2));
    while ((len = store_words_next(&words, word)) > 0) {
        size_t before = cut.at;
        size_t cut_len = store_words_next(&cut, other);
        CHECK(cut_len == 0 || cut.at + 4 > cut.text.len || /* its last one may be cut */
              (cut_len == len && memcmp(word, other, len) == 0));
        CHECK(cut.at >= before);
        check_word(word, len);
        count++;
    }
    CHECK(words.at == size && count <= size);
    (void)store_words_is_open(text);
    check_entry(text, count);
    return 0;
}
