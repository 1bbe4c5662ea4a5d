// Code pages of one byte a character, in which a program may have read bytes as text: each byte is
// a character, and each of these another one, so that the bytes can be told from the characters.
// Source: Unicode Consortium, MAPPINGS/VENDORS/MICSFT (CP437, CP850, CP1252; the five bytes that
// CP1252 leaves open are control characters in Windows' own conversion).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rdb {

enum class CodePage : uint8_t {
  latin1,       // ISO 8859-1: byte and character have the same number
  windows1252,  // of Windows programs in western Europe and America
  cp437,        // of the console there, in America
  cp850,        // and in western Europe
};

inline constexpr CodePage kCodePages[] = {CodePage::latin1, CodePage::windows1252, CodePage::cp437,
                                          CodePage::cp850};

// "Latin-1", "code page 437", …
[[nodiscard]] std::string_view name(CodePage page);

// The character of a byte.
[[nodiscard]] uint16_t character_of(CodePage page, uint8_t byte);

// The bytes of characters.
class CodePageBytes {
 public:
  explicit CodePageBytes(CodePage page);

  // Returns the byte of a character, or -1 if it has none.
  [[nodiscard]] int byte_of(uint32_t character) const {
    return character < bytes_.size() ? bytes_[character] : -1;
  }

 private:
  std::vector<int16_t> bytes_;  // by character
};

}  // namespace rdb
