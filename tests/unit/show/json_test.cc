#include "rdb/show/json.h"

#include <functional>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

std::string printed(BytesMode mode, const std::function<bool(Json&)>& print) {
  MemorySink sink;
  Output out(sink);
  Json json(out, mode);
  CHECK(print(json));
  CHECK(out.flush());
  return sink.bytes();
}

// A string of bytes in pieces of that size.
std::string in_pieces(BytesMode mode, std::string_view bytes, size_t piece) {
  return printed(mode, [&](Json& json) {
    if (bytes.empty()) return json.bytes(bytes);
    for (size_t at = 0; at < bytes.size(); at += piece) {
      if (!json.bytes(Text{bytes.substr(at, piece), at, bytes.size()})) return false;
    }
    return true;
  });
}

std::string bytes_as(BytesMode mode, std::string_view bytes) {
  const std::string whole = printed(mode, [&](Json& json) { return json.bytes(bytes); });
  for (const size_t piece : {1U, 2U, 3U, 5U, 64U}) {
    CAPTURE(piece);
    CHECK((in_pieces(mode, bytes, piece) == whole));
  }
  return whole;
}

std::string all_bytes() {
  std::string out;
  for (unsigned c = 0; c < 256; ++c) out += static_cast<char>(c);
  return out;
}

}  // namespace

// RFC 3629 section 4, the table of well-formed sequences: both ends of every row, and one beyond.
TEST_CASE("json: UTF-8 is valid as RFC 3629 has it") {
  for (const std::string_view valid :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xe0\xbf\xbf", "\xe1\x80\x80",
        "\xec\xbf\xbf", "\xed\x80\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf0\xbf\xbf\xbf", "\xf1\x80\x80\x80", "\xf3\xbf\xbf\xbf",
        "\xf4\x80\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(valid);
    CHECK(valid_utf8(valid) == valid.size());
    CHECK(valid_utf8("x" + std::string(valid) + "y") == valid.size() + 2);
  }
  for (const std::string_view bad : {"\x80",
                                     "\xbf",
                                     "\xc0\x80",
                                     "\xc1\xbf",
                                     "\xc2",
                                     "\xc2\x41",
                                     "\xc2\xc0",
                                     "\xe0\x9f\xbf",
                                     "\xe0\xa0",
                                     "\xe0\xa0\x41",
                                     "\xe1\x7f\x80",
                                     "\xed\xa0\x80",
                                     "\xed\xbf\xbf",
                                     "\xf0\x8f\xbf\xbf",
                                     "\xf0\x90\x80",
                                     "\xf0\x90\x80\x41",
                                     "\xf4\x90\x80\x80",
                                     "\xf5\x80\x80\x80",
                                     "\xfe",
                                     "\xff"}) {
    CAPTURE(bad);
    CHECK(valid_utf8(bad) == 0);
    CHECK(valid_utf8("ab" + std::string(bad)) == 2);
  }
  CHECK(valid_utf8(std::string_view("\0", 1)) == 1);
}

// python3 -c 'import json; print(json.dumps(bytes(range(256)).decode("latin-1")))'
TEST_CASE("json: latin1 is what Python's json.dumps prints for every byte") {
  const char* const expected =
      R"("\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f)"
      R"(\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d)"
      R"(\u001e\u001f !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`)"
      R"(abcdefghijklmnopqrstuvwxyz{|}~\u007f\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087)"
      R"(\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095)"
      R"(\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009d\u009e\u009f\u00a0\u00a1\u00a2\u00a3)"
      R"(\u00a4\u00a5\u00a6\u00a7\u00a8\u00a9\u00aa\u00ab\u00ac\u00ad\u00ae\u00af\u00b0\u00b1)"
      R"(\u00b2\u00b3\u00b4\u00b5\u00b6\u00b7\u00b8\u00b9\u00ba\u00bb\u00bc\u00bd\u00be\u00bf)"
      R"(\u00c0\u00c1\u00c2\u00c3\u00c4\u00c5\u00c6\u00c7\u00c8\u00c9\u00ca\u00cb\u00cc\u00cd)"
      R"(\u00ce\u00cf\u00d0\u00d1\u00d2\u00d3\u00d4\u00d5\u00d6\u00d7\u00d8\u00d9\u00da\u00db)"
      R"(\u00dc\u00dd\u00de\u00df\u00e0\u00e1\u00e2\u00e3\u00e4\u00e5\u00e6\u00e7\u00e8\u00e9)"
      R"(\u00ea\u00eb\u00ec\u00ed\u00ee\u00ef\u00f0\u00f1\u00f2\u00f3\u00f4\u00f5\u00f6\u00f7)"
      R"(\u00f8\u00f9\u00fa\u00fb\u00fc\u00fd\u00fe\u00ff")";
  CHECK(bytes_as(BytesMode::latin1, all_bytes()) == expected);
  CHECK(bytes_as(BytesMode::latin1, "") == "\"\"");
}

// RFC 4648 section 10.
TEST_CASE("json: base64 is that of RFC 4648, whatever the pieces") {
  const struct {
    const char* plain;
    const char* coded;
  } rows[] = {{"", ""},
              {"f", "Zg=="},
              {"fo", "Zm8="},
              {"foo", "Zm9v"},
              {"foob", "Zm9vYg=="},
              {"fooba", "Zm9vYmE="},
              {"foobar", "Zm9vYmFy"}};
  for (const auto& row : rows) {
    CAPTURE(row.plain);
    CHECK(bytes_as(BytesMode::base64, row.plain) ==
          "{\"base64\":\"" + std::string(row.coded) + "\"}");
  }
  // The last two digits of the alphabet: fb ff is 111110 111111 1111(00).
  CHECK(bytes_as(BytesMode::base64, "\xfb\xff") == "{\"base64\":\"+/8=\"}");
}

TEST_CASE("json: automatic is text where it is UTF-8, base64 where it is not") {
  CHECK(bytes_as(BytesMode::automatic, "plain") == "\"plain\"");
  CHECK(bytes_as(BytesMode::automatic, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x80") ==
        "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x80\"");
  CHECK(bytes_as(BytesMode::automatic, std::string_view("a\0\"\\\n\x1f", 6)) ==
        "\"a\\u0000\\\"\\\\\\n\\u001f\"");
  CHECK(bytes_as(BytesMode::automatic, "foob\xff") == "{\"base64\":\"Zm9vYv8=\"}");
  CHECK(bytes_as(BytesMode::automatic, "\xc3") == "{\"base64\":\"ww==\"}");
  CHECK(bytes_as(BytesMode::automatic, "") == "\"\"");
}

TEST_CASE("json: automatic holds up to 4 MiB to see whether it is text, beyond it is base64") {
  constexpr size_t kHeld = 4 << 20;
  const std::string held(kHeld, 'a');
  CHECK((in_pieces(BytesMode::automatic, held, kPieceBytes) == "\"" + held + "\""));
  // 3n zero bytes are 4n times "A"; here 2^22 + 2.
  const std::string more(kHeld + 2, '\0');
  const std::string coded(more.size() / 3 * 4, 'A');
  CHECK(more.size() % 3 == 0);
  CHECK((in_pieces(BytesMode::automatic, more, kPieceBytes) == "{\"base64\":\"" + coded + "\"}"));
  CHECK((in_pieces(BytesMode::automatic, more, more.size()) == "{\"base64\":\"" + coded + "\"}"));
}

TEST_CASE("json: commas stand between members and elements, and nowhere else") {
  const std::string got = printed(BytesMode::automatic, [](Json& json) {
    return json.open_object() && json.name("a") && json.open_array() && json.close_array() &&
           json.name("b") && json.open_array() && json.integer(-1) && json.number(2) &&
           json.null() && json.boolean(true) && json.open_object() && json.close_object() &&
           json.close_array() && json.text("c", "d") && json.number("e", 5) &&
           json.integer("f", -6) && json.boolean("g", false) && json.bytes("h", "i") &&
           json.close_object() && json.end_line() && json.open_array() && json.close_array() &&
           json.end_line();
  });
  CHECK(
      got ==
      "{\"a\":[],\"b\":[-1,2,null,true,{}],\"c\":\"d\",\"e\":5,\"f\":-6,\"g\":false,\"h\":\"i\"}\n"
      "[]\n");
}

TEST_CASE("json: integers are exact at both ends") {
  const std::string got = printed(BytesMode::automatic, [](Json& json) {
    return json.open_array() && json.integer(std::numeric_limits<int64_t>::min()) &&
           json.number(UINT64_MAX) && json.close_array();
  });
  CHECK(got == "[-9223372036854775808,18446744073709551615]");
}

TEST_CASE("json: text that is no UTF-8 shows U+FFFD for each bad byte") {
  const std::string got =
      printed(BytesMode::automatic, [](Json& json) { return json.text("a\xff\xc3\xbc\x80\""); });
  CHECK(got == "\"a\xef\xbf\xbd\xc3\xbc\xef\xbf\xbd\\\"\"");
}

TEST_CASE("json: an output that fails is told") {
  class Full : public ByteSink {
    bool write(std::string_view) override {
      return fail({.code = Code::write_failed, .words = "full"});
    }
  };
  Full sink;
  Output out(sink);
  Json json(out);
  const std::string large(2 * kBufferBytes, 'x');
  CHECK_FALSE(json.bytes(large));
  CHECK_FALSE(json.number(1));
  CHECK_FALSE(json.open_array());
}

// Strict JSON with escapes that every parser reads, so that no terminal obeys a string.
TEST_CASE("json: controls above ASCII are escaped in strings, texts and names") {
  MemorySink sink;
  Output out(sink);
  Json json(out);
  const std::string_view hostile =
      "\x1b\xc2\x9b\xc2\xa0\xd8\x9c\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf\xf3\xa0\x80\x81\xe2\x82"
      "\xac";
  const std::string escaped = R"("\u001b\u009b)"
                              "\xc2\xa0"
                              R"(\u061c\u202e\u2028\ufeff\udb40\udc01)"
                              "\xe2\x82\xac\"";
  REQUIRE((json.open_object() && json.text(hostile, hostile) && json.bytes("a", hostile) &&
           json.text("b", "\x9b") && json.close_object() && out.flush()));
  CHECK(sink.bytes() ==
        "{" + escaped + ":" + escaped + ",\"a\":" + escaped + ",\"b\":\"\xef\xbf\xbd\"}");
}

}  // namespace rdb
