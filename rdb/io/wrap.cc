// Wrappers and other formats, told by their first bytes. Source of fact: the formats' own documents
// (RFC 1952, RFC 8878, POSIX pax, SQLite fileformat2, git-lfs spec), redis 7.2.6 src/aof.c.
#include "rdb/io/wrap.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/io/lz4.h"

namespace rdb {
namespace {

using namespace std::string_view_literals;

// The first bytes of a source again, then the rest of it straight through.
class ReplaySource : public ByteSource {
 public:
  explicit ReplaySource(ByteSource& raw) : raw_(raw) {}

  [[nodiscard]] bool look() {
    size_t size = 0;
    size_t got = 1;
    while (size < head_.size() && got > 0) {
      if (!raw_.read(head_.data() + size, head_.size() - size, got)) return fail(raw_.error());
      size += got;
    }
    left_ = {head_.data(), size};
    return true;
  }

  [[nodiscard]] std::string_view head() const { return left_; }
  void skip(size_t n) { left_.remove_prefix(n); }

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override {
    if (left_.empty()) return raw_.read(to, n, got) || fail(raw_.error());
    got = left_.copy(to, n);
    left_.remove_prefix(got);
    return true;
  }

 private:
  ByteSource& raw_;
  std::array<char, 512> head_;  // a tar archive shows itself at 257
  std::string_view left_;
};

// <magic:4> <version:u8> <codec:u8> <flags:u8> <kind:u8>
constexpr std::string_view kEnvelopeMagic = "VKCS";
constexpr size_t kEnvelopeBytes = 8;
constexpr size_t kFlagsOffset = 6;
constexpr uint8_t kKnownFlags = 1;

// A field of the envelope that can have one value only.
struct EnvelopeField {
  size_t offset;
  uint8_t known;
  std::string_view name;
};
constexpr EnvelopeField kEnvelopeFields[] = {
    {4, 1, "version"},
    {5, 1, "codec"},
    {7, 0, "kind of content"},
};

// Another value than the known one is not damage but a format yet to be learnt.
Error unknown_envelope(uint64_t offset, std::string words) {
  return {.code = Code::foreign_version,
          .offset = offset,
          .words = "the VKCS envelope has " + std::move(words) + " known",
          .has_offset = true};
}

Error check_envelope(std::string_view head) {
  if (head.size() < kEnvelopeBytes) {
    return {.code = Code::truncated,
            .numbers = {.found = head.size(), .allowed = kEnvelopeBytes},
            .words = " (in the compressed file)",
            .has_offset = true};
  }
  for (const EnvelopeField& field : kEnvelopeFields) {
    const uint8_t found = byte_at(head.data() + field.offset);
    if (found == field.known) continue;
    return unknown_envelope(field.offset, std::string(field.name) + " " + std::to_string(found) +
                                              ", only " + std::to_string(field.known) + " is");
  }
  const uint8_t flags = byte_at(head.data() + kFlagsOffset);
  if ((flags & ~kKnownFlags) == 0) return {};
  return unknown_envelope(kFlagsOffset, "flags " + std::to_string(flags) + ", only 0 and 1 are");
}

struct Magic {
  std::string_view bytes;
  std::string_view words;
  size_t offset = 0;
};

constexpr Magic kMagics[] = {
    {"\x1F\x8B"sv, "gzip data"},
    {"\x28\xB5\x2F\xFD"sv, "zstd data"},
    {"\3757zXZ\0"sv, "xz data"},
    {"BZh"sv, "bzip2 data"},
    {"PK\x03\x04"sv, "a zip archive"},
    {"PK\x05\x06"sv, "a zip archive"},
    {"7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive"},
    {"ustar"sv, "a tar archive", 257},
    {"\x04\x22\x4D\x18"sv, "an LZ4 frame"},
    {"\x02\x21\x4C\x18"sv, "LZ4 data in the legacy format"},
    {"\xFF\x06\0\0sNaPpY"sv, "snappy data"},
    {"VKCS"sv, "a VKCS envelope"},
    {"\177ELF"sv, "an ELF program"},
    {"MZ"sv, "a Windows program"},
    {"SQLite format 3\0"sv, "an SQLite database"},
    {"version https://git-lfs"sv, "a git-lfs pointer"},
    {"#TS:"sv, "an append-only file without an RDB preamble"},
    {"file appendonly"sv, "the manifest of an append-only file"},
    {"UkVESVMw"sv, "an RDB file in base64"},
    {"-----BEGIN PGP MESSAGE"sv, "a PGP message"},
    {"Salted__"sv, "data encrypted by OpenSSL"},
    {"age-encryption.org/"sv, "data encrypted by age"},
    {"-ERR "sv, "an error reply of a server"},
    {"-NOAUTH "sv, "an error reply of a server"},
    {"-LOADING "sv, "an error reply of a server"},
    {"%PDF-"sv, "a PDF document"},
    {"\x89PNG\r\n"sv, "a PNG picture"},
    {"<?xml"sv, "XML text"},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "*<digits>\r\n": the first command of an append-only file.
bool is_command(std::string_view bytes) {
  if (bytes.empty() || bytes[0] != '*') return false;
  size_t end = 1;
  while (end < bytes.size() && is_digit(bytes[end])) ++end;
  return end > 1 && bytes.substr(end, 2) == "\r\n";
}

// Printable ASCII, the usual blanks, and whatever may be of UTF-8.
bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return (byte >= 0x20 && byte != 0x7F && byte < 0xF8 && byte != 0xC0 && byte != 0xC1) ||
           c == '\n' || c == '\r' || c == '\t' || c == '\f';
  });
}

bool begins_with_tag(std::string_view text, std::string_view tag) {
  if (text.size() < tag.size()) return false;
  for (size_t i = 0; i < tag.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != tag[i]) return false;
  }
  return true;
}

}  // namespace

Error WrapSource::open(ByteSource& raw) {
  assert(replayed_ == nullptr);
  auto replay = std::make_unique<ReplaySource>(raw);
  if (!replay->look()) {
    fail(replay->error());
    return error();
  }
  const std::string_view head = replay->head();
  if (head.starts_with(kEnvelopeMagic)) {
    if (Error error = check_envelope(head); !error.ok()) {
      fail(error);
      return error;
    }
    replay->skip(kEnvelopeBytes);
    wrapper_ = "vkcs";
    unwrapped_ = std::make_unique<Lz4Source>(*replay, kEnvelopeBytes, Lz4Frames::one);
  } else if (head.size() >= 4 && is_lz4(head, Lz4Frames::any)) {
    wrapper_ = "lz4";
    unwrapped_ = std::make_unique<Lz4Source>(*replay, 0, Lz4Frames::any);
  } else {
    size_ = raw.size();
  }
  replayed_ = std::move(replay);
  return {};
}

bool WrapSource::read(char* to, size_t n, size_t& got) {
  got = 0;
  if (!error().ok()) return false;
  assert(replayed_ != nullptr);
  ByteSource& from = unwrapped_ ? *unwrapped_ : *replayed_;
  return from.read(to, n, got) || fail(from.error());
}

std::string_view looks_like(std::string_view first_bytes) {
  if (first_bytes.empty()) return "nothing";
  for (const Magic& magic : kMagics) {
    if (first_bytes.size() > magic.offset &&
        first_bytes.substr(magic.offset).starts_with(magic.bytes)) {
      return magic.words;
    }
  }
  if (is_command(first_bytes)) return "an append-only file without an RDB preamble";
  if (first_bytes.find_first_not_of('\0') == std::string_view::npos) return "zero bytes";
  if (!is_text(first_bytes)) return "unknown data";

  const size_t start = std::min(first_bytes.find_first_not_of(" \t\r\n"), first_bytes.size());
  const std::string_view text = first_bytes.substr(start);
  if (begins_with_tag(text, "<!doctype html") || begins_with_tag(text, "<html")) return "HTML";
  if (text.starts_with('{') || text.starts_with('[')) return "JSON text";
  return "text";
}

}  // namespace rdb
