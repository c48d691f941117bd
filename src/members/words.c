/*
 * The lists are in alphabetical order, so that a list's words with a common beginning stand
 * together. All 512 words differ in their first three letters and by two letters or more from each
 * other.
 */
#include "members/words.h"

#include <string.h>

#include "base/check.h"

/* clang-format off */
static const char *const lists[WORDS_LISTS][WORDS_COUNT] = {
[WORDS_ENGLISH] = {
    "acorn", "actor", "album", "alert", "amber", "anchor", "ankle", "apple", "apron", "arena",
    "armor", "aspen", "atlas", "attic", "august", "author", "avenue", "avocado", "award", "awning",
    "axis", "azure", "bacon", "badge", "beach", "berry", "bike", "bingo", "blossom", "blue",
    "boat", "border", "brave", "bread", "bubble", "bucket", "cabin", "cactus", "cedar", "cello",
    "chief", "circle", "citrus", "cliff", "clock", "cobalt", "coffee", "crane", "crown", "cube",
    "curtain", "cycle", "daisy", "dance", "decade", "delta", "dial", "dinner", "dolphin", "domino",
    "dragon", "drift", "eagle", "early", "echo", "eclipse", "editor", "eight", "elbow", "elder",
    "emerald", "engine", "envelope", "equal", "evening", "exit", "expert", "fabric", "falcon",
    "feather", "fence", "field", "finger", "flame", "flower", "focus", "forest", "fresh", "frost",
    "galaxy", "gate", "gentle", "geyser", "giant", "giraffe", "glass", "globe", "goose", "grape",
    "green", "guitar", "hammer", "heart", "hedge", "hill", "hockey", "honey", "humble", "husky",
    "icon", "idea", "igloo", "index", "inlet", "iris", "island", "ivory", "ivy", "jacket",
    "jaguar", "jelly", "jewel", "jigsaw", "journey", "jungle", "kayak", "kernel", "kettle",
    "kitchen", "knight", "knot", "koala", "lagoon", "laptop", "legend", "lemon", "linen", "lizard",
    "lobster", "lotus", "lunar", "lyric", "magnet", "meadow", "medal", "middle", "mirror",
    "modern", "motor", "museum", "mystery", "napkin", "nature", "nebula", "nectar", "nickel",
    "noble", "noodle", "nutmeg", "oasis", "oboe", "ocean", "octave", "office", "olive", "omelet",
    "onion", "opal", "open", "orange", "orbit", "otter", "oxygen", "paddle", "pagoda", "pebble",
    "pencil", "phone", "piano", "pine", "planet", "pocket", "polar", "prairie", "prism", "purple",
    "puzzle", "quartz", "quest", "rabbit", "radar", "recipe", "remote", "ribbon", "river", "roof",
    "royal", "rural", "sailor", "salad", "school", "scout", "season", "secret", "signal", "silver",
    "sketch", "sky", "slope", "smile", "smooth", "snow", "soap", "song", "spice", "spoon",
    "square", "stable", "stone", "sugar", "summer", "sweet", "symbol", "talent", "teapot",
    "tennis", "thread", "thumb", "ticket", "tiger", "toast", "tomato", "trail", "trumpet", "tulip",
    "turtle", "twelve", "umbrella", "uncle", "upper", "urban", "usual", "velvet", "violin",
    "voice", "waffle", "wealth", "whale", "window", "wonder", "yacht", "yellow", "yogurt", "zebra",
    "zigzag", "zone"},
[WORDS_SWAHILI] = {
    "afya", "ahadi", "ajabu", "akili", "alama", "almasi", "amani", "anwani", "ardhi", "asali",
    "asubuhi", "bahari", "bandari", "baraka", "bata", "bega", "benki", "bidii", "birika",
    "biskuti", "blanketi", "bonde", "boti", "buluu", "busara", "bwawa", "chanzo", "cheti",
    "chombo", "chuma", "dada", "dakika", "daraja", "dengu", "dhahabu", "dhoruba", "dirisha",
    "duara", "dubu", "duka", "dunia", "elimu", "eneo", "fagio", "familia", "farasi", "fedha",
    "fikra", "filimbi", "fimbo", "fundi", "furaha", "ganda", "gari", "gazeti", "gitaa", "goli",
    "gurudumu", "habari", "hariri", "hatua", "hazina", "hekima", "hema", "hereni", "heshima",
    "hisabati", "hodari", "hoteli", "huduma", "idadi", "ijumaa", "imara", "jahazi", "jamaa",
    "jangwa", "jembe", "jengo", "jibini", "jicho", "jioni", "jogoo", "jokofu", "joto", "juhudi",
    "juisi", "jukwaa", "kabati", "kahawa", "kalamu", "keki", "kelele", "kesho", "kiatu", "kichwa",
    "kidole", "kofia", "koleo", "kondoo", "kufuli", "kunde", "kweli", "ladha", "lango", "limau",
    "lugha", "lulu", "maana", "maboga", "mafuta", "mbao", "mbegu", "mbuni", "mchana", "mdalasini",
    "mfano", "mfereji", "mfuko", "mgahawa", "mgeni", "mguu", "mhogo", "miwani", "mjomba", "mkate",
    "mkia", "mkoba", "mlima", "moja", "moyo", "mpaka", "mpira", "mpunga", "msaada", "msimu",
    "mstari", "mtama", "mtende", "mtumbwi", "muda", "muziki", "mvuvi", "mwanga", "mwewe", "mwisho",
    "mzigo", "mzunguko", "nafasi", "nanga", "nauli", "nchi", "ndege", "ndimu", "ndoto", "nembo",
    "neno", "ngamia", "ngoma", "nguvu", "njiwa", "nuru", "nyama", "nyimbo", "nyota", "ofisi",
    "orodha", "papai", "pasi", "pazia", "pera", "pete", "picha", "pilau", "pipa", "pomboo",
    "posta", "pwani", "pweza", "rafiki", "rahisi", "rangi", "redio", "ripoti", "robo", "roketi",
    "rubani", "ruhusa", "rula", "sababu", "safari", "sahani", "sehemu", "seremala", "seti",
    "shaba", "shina", "shoka", "sifa", "simba", "sinema", "soksi", "soma", "sufuria", "sukari",
    "sungura", "swala", "tamu", "tarehe", "tausi", "teksi", "thamani", "theluji", "tiketi",
    "treni", "tufaha", "tumbili", "tunda", "twiga", "ubongo", "uchumi", "ufukwe", "ugali",
    "ukumbi", "ulimi", "umeme", "unga", "uongozi", "upande", "upepo", "ushanga", "usiku",
    "utamaduni", "uvumilivu", "uwanja", "uyoga", "uzito", "vanila", "viazi", "vifaa", "vitabu",
    "wakati", "wali", "watu", "wengi", "wiki", "wilaya", "yadi", "yaya", "zabibu", "zana",
    "zawadi", "zeituni", "ziwa", "zulia", "zumari", "zuri"},
};
/* clang-format on */

static uint8_t lower(uint8_t letter)
{
    return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter - 'A' + 'a') : letter;
}

const char *words_at(enum words_list list, uint8_t index)
{
    CHECK(list == WORDS_ENGLISH || list == WORDS_SWAHILI);
    return lists[list][index];
}

static bool begins_with(const char *word, struct span typed)
{
    for (size_t i = 0; i < typed.len; i++) {
        if (word[i] == 0 || (uint8_t)word[i] != lower(typed.ptr[i])) {
            return false;
        }
    }
    return true;
}

size_t words_complete(const char *out[], size_t room, struct span typed)
{
    size_t count = 0;
    for (size_t list = 0; list < WORDS_LISTS; list++) {
        for (size_t i = 0; i < WORDS_COUNT; i++) {
            if (!begins_with(lists[list][i], typed)) {
                continue;
            }
            if (count < room) {
                out[count] = lists[list][i];
            }
            count++;
        }
    }
    return count;
}

int words_find(enum words_list *list, uint8_t *index, struct span typed)
{
    if (typed.len < WORDS_UNIQUE || typed.len > WORDS_LETTERS_MAX) {
        return WAVU_ERR_NOT_FOUND;
    }
    for (size_t l = 0; l < WORDS_LISTS; l++) {
        for (size_t i = 0; i < WORDS_COUNT; i++) {
            if (begins_with(lists[l][i], typed)) {
                *list = (enum words_list)l;
                *index = (uint8_t)i;
                return 0;
            }
        }
    }
    return WAVU_ERR_NOT_FOUND;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t words_distance(const char *word, struct span typed)
{
    size_t above[WORDS_TYPED_MAX + 1];
    size_t len = least(typed.len, WORDS_TYPED_MAX);
    for (size_t j = 0; j <= len; j++) {
        above[j] = j;
    }
    for (size_t i = 0; word[i] != 0; i++) {
        size_t corner = above[0];
        above[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            const size_t other = corner + ((uint8_t)word[i] == lower(typed.ptr[j]) ? 0 : 1);
            corner = above[j + 1];
            above[j + 1] = least(other, 1 + least(above[j], corner));
        }
    }
    return above[len];
}

const char *words_nearest(struct span typed)
{
    const char *best = NULL;
    size_t distance = WORDS_NEAR_MAX + 1;
    for (size_t list = 0; list < WORDS_LISTS; list++) {
        for (size_t i = 0; i < WORDS_COUNT; i++) {
            const size_t here = words_distance(lists[list][i], typed);
            if (here < distance) {
                distance = here;
                best = lists[list][i];
            }
        }
    }
    return best;
}
