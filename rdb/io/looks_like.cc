// Source of fact: the formats' own documents: POSIX pax, SQLite fileformat2, git-lfs
// docs/spec.md, RFC 4880 and RFC 9580 (OpenPGP packets), age-encryption.org/v1, OpenSSL enc(1),
// Amazon S3, Google Cloud Storage and Azure Blob references (error responses), redis 7.2.6
// src/aof.c.
#include "rdb/io/looks_like.h"

#include <algorithm>
#include <cstdint>

#include "rdb/base/bytes.h"
#include "rdb/base/error.h"
#include "rdb/io/wrap.h"

namespace rdb {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

struct Magic {
  std::string_view bytes;
  std::string_view words;
  size_t offset = 0;
};

constexpr Magic kMagics[] = {
    {"\3757zXZ\0"sv, "xz data, unpack it first (xz -d)"},
    {"BZh"sv, "bzip2 data, unpack it first (bzip2 -d)"},
    {"PK\x03\x04"sv, "a zip archive, take the file out of it first (unzip)"},
    {"PK\x05\x06"sv, "an empty zip archive"},
    {"7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive, take the file out of it first (7z x)"},
    {"ustar"sv, "a tar archive, take the file out of it first (tar -xf)", 257},
    {"\x02\x21\x4C\x18"sv, "LZ4 data in the legacy format, unpack it first (lz4 -d)"},
    {"\xFF\x06\0\0sNaPpY"sv, "snappy data, unpack it first"},
    {"\177ELF"sv, "an ELF program"},
    {"MZ"sv, "a Windows program"},
    {"SQLite format 3\0"sv, "an SQLite database"},
    {"version https://git-lfs"sv, "a git-lfs pointer, fetch the file itself (git lfs pull)"},
    {"/annex/objects/"sv, "a git-annex pointer, fetch the file itself (git annex get)"},
    {"file appendonly"sv, "the manifest of an append-only file"},
    {"UkVESVMw"sv, "an RDB file in base64, decode it first (base64 -d)"},
    {"VkFMS0VZ"sv, "an RDB file in base64, decode it first (base64 -d)"},
    {"H4sI"sv, "gzip data in base64, decode it first (base64 -d)"},
    {"00000000: 5245 4449 53"sv, "a hex dump of an RDB file, turn it back first (xxd -r)"},
    {"00000000: 5641 4c4b 4559"sv, "a hex dump of an RDB file, turn it back first (xxd -r)"},
    {"00000000  52 45 44 49 53"sv, "a hex dump of an RDB file (hexdump -C), copy the file itself"},
    {"00000000  56 41 4c 4b 45"sv, "a hex dump of an RDB file (hexdump -C), copy the file itself"},
    {"0000000 4552 4944"sv, "a hex dump of an RDB file (od -x), copy the file itself"},
    {"0000000 4156 4b4c"sv, "a hex dump of an RDB file (od -x), copy the file itself"},
    {"-----BEGIN PGP MESSAGE"sv, "a PGP message, decrypt it first (gpg --decrypt)"},
    {"-----BEGIN PGP SIGNATURE"sv, "a PGP signature, not the signed file"},
    {"-----BEGIN PGP"sv, "a PGP key"},
    {"-----BEGIN AGE ENCRYPTED FILE"sv, "data encrypted by age, decrypt it first (age --decrypt)"},
    {"age-encryption.org/"sv, "data encrypted by age, decrypt it first (age --decrypt)"},
    {"Salted__"sv, "data encrypted by OpenSSL, decrypt it first (openssl enc -d)"},
    {"U2FsdGVkX1"sv, "data encrypted by OpenSSL, decrypt it first (openssl enc -d -a)"},
    {"$ANSIBLE_VAULT;"sv, "data encrypted by Ansible, decrypt it first (ansible-vault decrypt)"},
    {"RCLONE\0\0"sv, "data encrypted by rclone, copy it by the crypt remote"},
    {"-----BEGIN CMS"sv, "an encrypted CMS message, decrypt it first (openssl cms -decrypt)"},
    {"-----BEGIN PKCS7"sv, "an encrypted CMS message, decrypt it first (openssl cms -decrypt)"},
    {"-----BEGIN "sv, "text in PEM form"},
    {"-ERR "sv, "an error reply of a server"},
    {"-NOAUTH "sv, "an error reply of a server"},
    {"-LOADING "sv, "an error reply of a server"},
    {"%PDF-"sv, "a PDF document"},
    {"\x89PNG\r\n"sv, "a PNG picture"},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

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

// An OpenPGP packet.
//   old form  10tttt00 size:u8 | 10tttt01 size:u16 | 10tttt10 size:u32 | 10tttt11 (to the end)
//   new form  11tttttt, size 00-bf | c0-df xx | ff xxxxxxxx | e0-fe (partial)
struct Packet {
  unsigned tag = 0;
  std::string_view body;  // its first bytes
};

Packet parse_packet(std::string_view bytes) {
  constexpr size_t kOldSizes[] = {1, 2, 4, 0};
  const auto at = [bytes](size_t i) { return i < bytes.size() ? byte_at(bytes.data() + i) : 0U; };
  const unsigned head = at(0);
  if ((head & 0x80) == 0) return {};
  if ((head & 0x40) == 0) {
    return {.tag = head >> 2 & 15,
            .body = bytes.substr(std::min(bytes.size(), 1 + kOldSizes[head & 3]))};
  }
  const size_t size = at(1) < 0xC0 || (at(1) >= 0xE0 && at(1) != 0xFF) ? 1 : at(1) < 0xE0 ? 2 : 5;
  return {.tag = head & 63, .body = bytes.substr(std::min(bytes.size(), 1 + size))};
}

// What the first packet of gpg's output is: a session key, encrypted data, compressed data, or a
// signature; empty for what is none.
std::string_view pgp_words(std::string_view bytes) {
  constexpr std::string_view kMessage = "a PGP message, decrypt it first (gpg --decrypt)";
  const Packet packet = parse_packet(bytes);
  const auto at = [&packet](size_t i) {
    return i < packet.body.size() ? byte_at(packet.body.data() + i) : 0U;
  };
  const auto is_one_of = [](unsigned value, std::string_view all) {
    return all.find(static_cast<char>(value)) != std::string_view::npos;
  };
  switch (packet.tag) {
    case 1:  // for a public key: version 3, key id, algorithm; version 6, size of a fingerprint
      return (at(0) == 3 && is_one_of(at(9), "\1\2\20\22\31"sv)) ||
                     (at(0) == 6 && is_one_of(at(1), "\0\25\41"sv))
                 ? kMessage
                 : "";
    case 3:  // for a passphrase: version, cipher, derivation of the key
      return is_one_of(at(0), "\4\5\6"sv) && at(1) < 14 && at(2) < 10 ? kMessage : "";
    case 2:
      return is_one_of(at(0), "\3\4\6"sv) && at(1) < 32 && bytes.size() > 64
                 ? "a PGP signature, not the signed file"
                 : "";
    case 4:  // of a signed message: version 3, kind, hash, algorithm
      return at(0) == 3 && at(1) < 2 && at(2) < 15 ? kMessage : "";
    case 8:  // compressed, of a length that gpg does not tell
      return byte_at(bytes.data()) == 0xA3 && is_one_of(at(0), "\1\2\3"sv) ? kMessage : "";
    case 18:
      return is_one_of(at(0), "\1\2"sv) ? kMessage : "";
    default:
      return "";
  }
}

// The text between `from` and `to`, quoted; empty if it is not there.
std::string between(std::string_view text, std::string_view from, std::string_view to) {
  const size_t begin = text.find(from);
  if (begin == std::string_view::npos) return "";
  text.remove_prefix(begin + from.size());
  return quoted(text.substr(0, text.find(to)));
}

// S3, Google and Azure answer in XML, the latter two in JSON as well.
std::string store_error(std::string_view text) {
  constexpr std::string_view kWords = "an error reply of an object store, fetch the file again: ";
  const size_t error = text.find("<Error>");
  if (text.starts_with("<?xml") || text.starts_with("<Error>")) {
    if (error == std::string_view::npos) return "XML text";
    const std::string code = between(text, "<Code>", "</Code>");
    const std::string message = between(text, "<Message>", "</Message>");
    return std::string(kWords) + (code.empty() ? "\"Error\"" : code) +
           (message.empty() ? "" : " " + message);
  }
  if (text.starts_with("No such object: ")) return std::string(kWords) + quoted(text);
  const std::string_view member = text.substr(0, 64);
  if (!text.starts_with('{') || member.find("\"error\"") == std::string_view::npos) return "";
  const size_t message = text.find("\"message\"");
  if (message == std::string_view::npos) return "";
  const std::string_view value = text.substr(message + std::string_view("\"message\"").size());
  return std::string(kWords) + between(value, "\"", "\"");
}

std::string text_words(std::string_view bytes) {
  if (bytes.starts_with(kUtf8Mark)) bytes.remove_prefix(kUtf8Mark.size());
  const size_t start = std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size());
  const std::string_view text = bytes.substr(start);
  if (begins_with_tag(text, "<!doctype html") || begins_with_tag(text, "<html")) {
    return "HTML, such as an error or login page, download the file itself";
  }
  if (std::string words = store_error(text); !words.empty()) return words;
  if (text.starts_with('{') || text.starts_with('[')) return "JSON text";
  return "text";
}

}  // namespace

bool looks_like_commands(std::string_view bytes) {
  if (bytes.starts_with("#TS:")) return true;
  if (!bytes.starts_with('*')) return false;
  size_t end = 1;
  while (end < bytes.size() && is_digit(bytes[end])) ++end;
  return end > 1 && end < bytes.size() && (bytes[end] == '\r' || bytes[end] == '\n');
}

std::string looks_like(std::string_view first_bytes) {
  if (first_bytes.empty()) return "nothing";
  // Wrapped once too often, or read without a WrapSource.
  const Wrap wrap = wrap_of(first_bytes);
  if (wrap != Wrap::none) return std::string(describe(wrap));
  for (const Magic& magic : kMagics) {
    if (first_bytes.size() > magic.offset &&
        first_bytes.substr(magic.offset).starts_with(magic.bytes)) {
      return std::string(magic.words);
    }
  }
  if (looks_like_commands(first_bytes)) return "an append-only file without an RDB preamble";
  if (first_bytes.find_first_not_of('\0') == std::string_view::npos) return "zero bytes";
  if (const std::string_view words = pgp_words(first_bytes); !words.empty()) {
    return std::string(words);
  }
  return is_text(first_bytes) ? text_words(first_bytes) : "unknown data";
}

}  // namespace rdb
