#include "rdb/io/looks_like.h"

#include <string>

#include <doctest/doctest.h>

#include "rdb/base/number.h"

namespace rdb {
namespace {

using namespace std::string_literals;

struct Case {
  std::string bytes;
  std::string_view words;
};

void check(const auto& cases) {
  for (const Case& expected : cases) {
    CAPTURE(expected.bytes);
    CHECK(looks_like(expected.bytes) == expected.words);
  }
}

std::string bytes_of(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

constexpr std::string_view kPgp = "a PGP message, decrypt it first (gpg --decrypt)";
constexpr std::string_view kAge = "data encrypted by age, decrypt it first (age --decrypt)";
constexpr std::string_view kAof = "an append-only file without an RDB preamble";

}  // namespace

TEST_CASE("looks_like: what is no RDB file is told by its first bytes") {
  const Case cases[] = {
      {"", "nothing"},
      {"\x1F\x8B\x08", "gzip data"},
      {"\x28\xB5\x2F\xFD\x24", "zstd data"},
      {"\xFD\x37zXZ\0"s, "xz data, unpack it first (xz -d)"},
      {"BZh91AY&SY", "bzip2 data, unpack it first (bzip2 -d)"},
      {"PK\x03\x04", "a zip archive, take the file out of it first (unzip)"},
      {"dump.rdb"s + std::string(249, '\0') + "ustar",
       "a tar archive, take the file out of it first (tar -xf)"},
      {"\x7F\x45LF\x02", "an ELF program"},
      {"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", kAof},
      {"#TS:1650000000\r\n", kAof},
      {"*\r\n", "text"},
      {"*12", "text"},
      {"file appendonly.aof.1.base.rdb seq 1 type b\n", "the manifest of an append-only file"},
      {"version https://git-lfs.github.com/spec/v1\n",
       "a git-lfs pointer, fetch the file itself (git lfs pull)"},
      {"/annex/objects/SHA256E-s97--0123.rdb\n",
       "a git-annex pointer, fetch the file itself (git annex get)"},
      {"SQLite format 3\0"s, "an SQLite database"},
      {"-NOAUTH Authentication required.\r\n", "an error reply of a server"},
      {"UkVESVMwMDEx", "an RDB file in base64, decode it first (base64 -d)"},
      {"VkFMS0VZMDgw", "an RDB file in base64, decode it first (base64 -d)"},
      {"H4sIAAAAAAAA", "gzip data in base64, decode it first (base64 -d)"},
      {"00000000: 5245 4449 5330 3031 31fa",
       "a hex dump of an RDB file, turn it back first (xxd -r)"},
      {"00000000  52 45 44 49 53 30",
       "a hex dump of an RDB file (hexdump -C), copy the file itself"},
      {"0000000 4552 4944 3053", "a hex dump of an RDB file (od -x), copy the file itself"},
      {"VKCS", "a VKCS envelope"},
      {"hello, w\xC3\xB6rld\n", "text"},
      {"   ", "text"},
      {std::string(512, '\0'), "zero bytes"},
      {"\x01\x02\x03", "unknown data"},
      {"{\x01", "unknown data"},
  };
  check(cases);
}

// The first bytes of what gpg 2.2.40 wrote: -c, -e for an RSA and a Curve25519 key, -s, -b with
// both.
TEST_CASE("looks_like: what is encrypted or signed is named, with who decrypts it") {
  constexpr std::string_view kSignature = "a PGP signature, not the signed file";
  const std::string more(80, '\x5b');
  const Case cases[] = {
      {bytes_of("8c0d04090302e0c1543d71a1dd7bffd2950176b98cbb1770"), kPgp},
      {bytes_of("85010c0344ea0be50ba597290107fa03db1d2f902e215708"), kPgp},
      {bytes_of("845e03d28d4968aee00c6a120107404faaf29ba45fdf5827"), kPgp},
      {bytes_of("a3019bc0cbccc0c5d872664ad29ee5776419d714247116e4"), kPgp},
      {bytes_of("89013a0400010a00241621045c7391abbc1eb73c1557d397") + more, kSignature},
      {bytes_of("887c040016080024162104899f9edab02142526eadf6fead") + more, kSignature},
      {bytes_of("d23d01aabb"), kPgp},
      {"-----BEGIN PGP MESSAGE-----\n\n", kPgp},
      {"-----BEGIN PGP SIGNATURE-----\n\n", kSignature},
      {"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "a PGP key"},
      {"age-encryption.org/v1\n-> X25519 ", kAge},
      {"-----BEGIN AGE ENCRYPTED FILE-----\n", kAge},
      {"Salted__\x6e\x56", "data encrypted by OpenSSL, decrypt it first (openssl enc -d)"},
      {"U2FsdGVkX1952OW/", "data encrypted by OpenSSL, decrypt it first (openssl enc -d -a)"},
      {"$ANSIBLE_VAULT;1.1;AES256\n",
       "data encrypted by Ansible, decrypt it first (ansible-vault decrypt)"},
      {"-----BEGIN CERTIFICATE-----\n", "text in PEM form"},
  };
  check(cases);
}

TEST_CASE("looks_like: bytes that only resemble a PGP packet are unknown") {
  for (const std::string_view hex : {"85010c0244ea0be50ba597290107", "8c0d034242", "8c0d044203",
                                     "a304", "c1ff", "bf0000", "89013a0900010a"}) {
    CAPTURE(hex);
    CHECK(looks_like(bytes_of(hex)) == "unknown data");
  }
}

// The answers of Amazon S3, Google Cloud Storage and Azure Blob Storage, as their references show
// them; Azure's begins with a byte-order mark.
TEST_CASE("looks_like: an error page of an object store is named with what it says") {
  constexpr std::string_view kHtml =
      "HTML, such as an error or login page, download the file itself";
  const std::string_view kStore = "an error reply of an object store, fetch the file again: ";
  const struct {
    std::string page;
    std::string said;
  } rows[] = {
      {"<?xml version=\"1.0\" "
       "encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access "
       "Denied</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>",
       "\"AccessDenied\" \"Access Denied\""},
      {"<?xml version='1.0' encoding='UTF-8'?><Error><Code>NoSuchKey</Code><Message>The specified "
       "key does not exist.</Message></Error>",
       "\"NoSuchKey\" \"The specified key does not exist.\""},
      {"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>BlobNotFound</Code>"
       "<Message>The specified blob does not exist.\nTime:2026-01-01</Message></Error>",
       "\"BlobNotFound\" \"The specified blob does not exist.\\nTime:2026-01-01\""},
      {"<Error>what", "\"Error\""},
      {"{\n  \"error\": {\n    \"code\": 404,\n    \"message\": \"No such object: b/dump.rdb\"\n  "
       "}\n}",
       "\"No such object: b/dump.rdb\""},
      {"{\"error\":{\"code\":\"AuthorizationFailure\",\"message\":\"This request is not "
       "authorized\"}}",
       "\"This request is not authorized\""},
      {"No such object: b/dump.rdb", "\"No such object: b/dump.rdb\""},
  };
  for (const auto& row : rows) CHECK(looks_like(row.page) == std::string(kStore) + row.said);
  const Case others[] = {
      {"\n<!DOCTYPE HTML>", kHtml},
      {"<html lang=en>", kHtml},
      {"<?xml version='1.0'?><feed>", "XML text"},
      {"{\"a\":1}", "JSON text"},
      {"{\"error\": 1}", "JSON text"},
      {" \n[1]", "JSON text"},
  };
  check(others);
}

}  // namespace rdb
