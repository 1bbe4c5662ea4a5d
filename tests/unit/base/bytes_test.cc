// Tests of rdb/base/bytes.h.
#include "rdb/base/bytes.h"

#include <cstdint>
#include <string_view>

#include <doctest/doctest.h>

namespace {

constexpr char kBytes[] = "\x81\x82\x83\x84\x85\x86\x87\x88";

template <typename T>
std::string_view stored_le(T value, char* to) {
  rdb::store_le(to, value);
  return {to, sizeof value};
}

template <typename T>
std::string_view stored_be(T value, char* to) {
  rdb::store_be(to, value);
  return {to, sizeof value};
}

}  // namespace

TEST_CASE("bytes: load_le takes the first byte as the lowest") {
  CHECK(rdb::load_le<uint8_t>(kBytes) == 0x81);
  CHECK(rdb::load_le<uint16_t>(kBytes) == 0x8281);
  CHECK(rdb::load_le<uint32_t>(kBytes) == 0x84838281);
  CHECK(rdb::load_le<uint64_t>(kBytes) == 0x8887868584838281);
}

TEST_CASE("bytes: load_be takes the first byte as the highest") {
  CHECK(rdb::load_be<uint8_t>(kBytes) == 0x81);
  CHECK(rdb::load_be<uint16_t>(kBytes) == 0x8182);
  CHECK(rdb::load_be<uint32_t>(kBytes) == 0x81828384);
  CHECK(rdb::load_be<uint64_t>(kBytes) == 0x8182838485868788);
}

TEST_CASE("bytes: signed integers keep their sign") {
  CHECK(rdb::load_le<int8_t>("\xFF") == -1);
  CHECK(rdb::load_le<int16_t>("\x00\x80") == -32768);
  CHECK(rdb::load_le<int32_t>("\xFE\xFF\xFF\xFF") == -2);
  CHECK(rdb::load_le<int64_t>("\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF") == -3);
  CHECK(rdb::load_be<int16_t>("\x80\x00") == -32768);
  CHECK(rdb::load_be<int64_t>("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFC") == -4);
}

TEST_CASE("bytes: an address need not be aligned") {
  CHECK(rdb::load_le<uint32_t>(kBytes + 1) == 0x85848382);
  CHECK(rdb::load_be<uint32_t>(kBytes + 3) == 0x84858687);
}

TEST_CASE("bytes: load_le24 extends the sign of 24 bits") {
  CHECK(rdb::load_le24(std::string_view("\0\0\0", 3).data()) == 0);
  CHECK(rdb::load_le24("\x01\x02\x03") == 0x030201);
  CHECK(rdb::load_le24("\xFF\xFF\x7F") == 8388607);
  CHECK(rdb::load_le24(std::string_view("\0\0\x80", 3).data()) == -8388608);
  CHECK(rdb::load_le24("\xFF\xFF\xFF") == -1);
}

TEST_CASE("bytes: store_le and store_be write what the loads read, and no byte more") {
  char room[9] = {};
  room[8] = '!';
  CHECK(stored_le(uint8_t{0x81}, room) == "\x81");
  CHECK(stored_le(uint16_t{0x8281}, room) == "\x81\x82");
  CHECK(stored_le(uint32_t{0x84838281}, room) == "\x81\x82\x83\x84");
  CHECK(stored_le(uint64_t{0x8887868584838281}, room) == kBytes);
  CHECK(stored_be(uint16_t{0x8281}, room) == "\x82\x81");
  CHECK(stored_be(uint32_t{0x84838281}, room) == "\x84\x83\x82\x81");
  CHECK(stored_be(uint64_t{0x8182838485868788}, room) == kBytes);
  CHECK(stored_le(int32_t{-2}, room) == "\xFE\xFF\xFF\xFF");
  CHECK(room[4] == '\x85');
  CHECK(room[8] == '!');
}

TEST_CASE("bytes: swap_bytes reverses each width and undoes itself") {
  CHECK(rdb::swap_bytes(uint8_t{0x81}) == 0x81);
  CHECK(rdb::swap_bytes(uint16_t{0x8182}) == 0x8281);
  CHECK(rdb::swap_bytes(uint32_t{0x81828384}) == 0x84838281);
  CHECK(rdb::swap_bytes(uint64_t{0x8182838485868788}) == 0x8887868584838281);
  CHECK(rdb::swap_bytes(int16_t{1}) == 256);
  CHECK(rdb::swap_bytes(rdb::swap_bytes(int64_t{-12345})) == -12345);
}

TEST_CASE("bytes: byte_at is unsigned") { CHECK(rdb::byte_at("\xFF") == 255); }
