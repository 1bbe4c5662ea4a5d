// What happens to files on their way, and captures: whatever the bytes are, the search for what
// happened ends and says so in a line, what it undoes is the same at every step of the source, and
// what was done to any bytes is undone to the last of them.
// Choices: the step of the source, what is done to the bytes.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz.h"
#include "rdb/arrive/arrival.h"
#include "rdb/arrive/arriving_source.h"
#include "rdb/file/framing.h"
#include "rdb/file/reader.h"

namespace rdb {
namespace {

using Text = Undo::Text;

std::string with_line_ends(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

std::string with_digits(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += {kDigits[static_cast<uint8_t>(c) >> 4], kDigits[static_cast<uint8_t>(c) & 15]};
  }
  return out;
}

void put_utf8(uint32_t character, std::string& to) {
  if (character >= 0x800) {
    to += static_cast<char>(0xE0 | character >> 12);
    to += static_cast<char>(0x80 | (character >> 6 & 63));
  } else if (character >= 0x80) {
    to += static_cast<char>(0xC0 | character >> 6);
  }
  to += static_cast<char>(character >= 0x80 ? 0x80 | (character & 63) : character);
}

std::string as_text(std::string_view bytes, const Undo& how) {
  if (how.text == Text::bytes) return std::string(bytes);
  if (how.text == Text::hex) return with_digits(bytes);
  std::string out;
  for (const char c : bytes) {
    const uint16_t character = character_of(how.page, static_cast<uint8_t>(c));
    if (how.text == Text::utf8) {
      put_utf8(character, out);
      continue;
    }
    const char low = static_cast<char>(character & 0xFF);
    const char high = static_cast<char>(character >> 8);
    how.text == Text::utf16_le ? out += {low, high} : out += {high, low};
  }
  return out;
}

// What the steps of `how` take back.
std::string done_to(std::string_view bytes, const Undo& how) {
  std::string inner(static_cast<size_t>(how.front), 'x');
  inner += how.line_ends ? with_line_ends(bytes) : std::string(bytes);
  return std::string(how.mark_bytes(), '\xFF') + as_text(inner, how);
}

std::string undo(std::string_view file, const Undo& how, size_t step) {
  MemorySource raw(file, step);
  UndoSource source(raw, how);
  std::string out;
  std::string piece(step == SIZE_MAX ? 65536 : step, '\0');
  for (size_t got = 1; source.read(piece.data(), piece.size(), got) && got != 0;) {
    require(got <= piece.size(), "no more than was asked for");
    out.append(piece, 0, got);
  }
  (void)checked_message(source.error());
  return out;
}

void check_undone(std::string_view bytes, uint8_t choice, size_t step) {
  constexpr Text kTexts[] = {Text::bytes, Text::utf16_le, Text::utf16_be, Text::utf8, Text::hex};
  Undo how;
  how.line_ends = (choice & 1) != 0;
  how.has_mark = (choice & 2) != 0;
  how.front = (choice & 4) != 0 ? 5 : 0;
  how.page = kCodePages[choice >> 3 & 3];
  how.text = kTexts[(choice >> 5) % std::size(kTexts)];
  require(undo(done_to(bytes, how), how, step) == bytes, "what was done is undone");
}

void check_framing(std::string_view bytes) {
  Framing framing;
  std::string_view last;
  const FramingState state = parse_framing(bytes, true, framing, last);
  require(state != FramingState::more, "a whole file tells");
  require(framing.bytes <= bytes.size(), "framing is inside the file");
  if (state != FramingState::complete) return;
  Framing begun;
  std::string_view line;
  const std::string_view head = bytes.substr(0, static_cast<size_t>(framing.bytes));
  require(parse_framing(head, false, begun, line) == state, "framing is complete at its end");
}

std::string read_all(ByteSource& raw, RandomAccess* again) {
  ArrivingSource source;
  Error error = source.open(raw, again);
  if (!error.ok()) return checked_message(error);
  Reader reader(source);
  if (reader.open()) {
    for (Record record; reader.next(record) && reader.value(nullptr);) {
    }
  }
  return checked_message(reader.error());
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const uint8_t choice = choices.byte();
  const std::string_view bytes = choices.rest();
  rdb::check_framing(bytes);
  rdb::check_undone(bytes, choice, step);
  rdb::MemoryAccess access(bytes);
  rdb::MemorySource whole(bytes);
  rdb::MemorySource pieces(bytes, step);
  rdb::require_equal(rdb::read_all(whole, &access), rdb::read_all(pieces, &access),
                     "what is said is the same at every step");
  rdb::MemorySource pipe(bytes, step);
  (void)rdb::read_all(pipe, nullptr);
  rdb::WholeFile file(access);
  const auto found = rdb::find_arrival(file);
  if (!found) return 0;
  (void)rdb::checked_message(found->error);
  rdb::require(!found->happened.empty(), "what happened has words");
  const std::string undone = rdb::undo(bytes, found->undo, step);
  rdb::require(undone == rdb::undo(bytes, found->undo, SIZE_MAX), "it is undone the same way");
  if (found->proof != rdb::Proof::checksum) return 0;
  rdb::MemoryAccess proven(undone);
  rdb::WholeFile again(proven);
  rdb::require(!rdb::find_arrival(again), "what is proven by the checksum is left as it is");
  return 0;
}
