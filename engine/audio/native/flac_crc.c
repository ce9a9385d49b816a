/* The two checksums of a FLAC frame (RFC 9639, sections 9.1.8 and 9.3). */
#include "flac_frame.h"

enum { CRC8_POLYNOMIAL = 0x07, CRC16_POLYNOMIAL = 0x8005, SLICES = 16 };

/* Row n: what a byte does to the checksum n bytes later. */
static uint16_t crc16_rows[SLICES][256];

__attribute__((constructor)) static void fill_rows(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t crc = (uint16_t)(byte << 8);
        for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc << 1 ^ (crc & 0x8000 ? CRC16_POLYNOMIAL : 0));
        crc16_rows[0][byte] = crc;
    }
    for (unsigned row = 1; row < SLICES; row++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint16_t before = crc16_rows[row - 1][byte];
            crc16_rows[row][byte] = (uint16_t)(before << 8 ^ crc16_rows[0][before >> 8]);
        }
}

uint8_t flac_crc8(const uint8_t *bytes, size_t size)
{
    unsigned crc = 0;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = (crc << 1 ^ (crc & 0x80 ? CRC8_POLYNOMIAL : 0)) & 0xFF;
    }
    return (uint8_t)crc;
}

uint16_t flac_crc16(const uint8_t *bytes, size_t size)
{
    uint16_t crc = 0;
    for (; size >= SLICES; size -= SLICES, bytes += SLICES) {
        uint16_t next = crc16_rows[SLICES - 1][bytes[0] ^ crc >> 8] ^ crc16_rows[SLICES - 2][bytes[1] ^ (crc & 0xFF)];
        for (unsigned i = 2; i < SLICES; i++) next ^= crc16_rows[SLICES - 1 - i][bytes[i]];
        crc = next;
    }
    for (; size > 0; size--, bytes++) crc = (uint16_t)(crc << 8 ^ crc16_rows[0][crc >> 8 ^ *bytes]);
    return crc;
}
