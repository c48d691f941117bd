/*
 * Black on white whatever the terminal's colours are: a scanner that reads light on dark is rare.
 */
#include "apps/term/qr_blocks.h"

#include "base/wr.h"

#ifdef WAVU_HAS_QRENCODE
#include <qrencode.h>

static bool is_dark(const QRcode *qr, int row, int column)
{
    row -= QR_BLOCKS_QUIET;
    column -= QR_BLOCKS_QUIET;
    bool is_inside = row >= 0 && column >= 0 && row < qr->width && column < qr->width;

    return is_inside && (qr->data[row * qr->width + column] & 1) != 0;
}

/* Two rows as one line. */
static void write_line(struct wr *w, const QRcode *qr, int row, int side)
{
    wr_text(w, "\x1b[30;47m");
    for (int column = 0; column < side; column++) {
        bool upper = is_dark(qr, row, column);
        bool lower = is_dark(qr, row + 1, column);

        wr_text(w, upper ? (lower ? "\u2588" : "\u2580") : (lower ? "\u2584" : " "));
    }
    wr_text(w, "\x1b[0m\n");
}

static bool write_all(struct wr *w, const QRcode *qr, size_t width)
{
    int side = qr->width + 2 * QR_BLOCKS_QUIET;

    if ((size_t)side > width) {
        return false;
    }
    for (int row = 0; row < side; row += 2) {
        write_line(w, qr, row, side);
    }
    return wr_finish_text(w) == 0;
}

bool qr_blocks_write(char *out, size_t size, const char *text, size_t width)
{
    struct wr w;
    QRcode *qr = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

    wr_init(&w, span_mut_of((uint8_t *)out, size));
    bool is_written = qr != NULL && write_all(&w, qr, width);
    if (!is_written) {
        out[0] = '\0';
    }
    QRcode_free(qr);
    return is_written;
}

#else

bool qr_blocks_write(char *out, size_t size, const char *text, size_t width)
{
    (void)size;
    (void)text;
    (void)width;
    out[0] = '\0';
    return false;
}

#endif
