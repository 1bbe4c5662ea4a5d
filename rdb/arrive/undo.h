// Takes back what was done to the bytes of a file on its way here:
//   file = [byte-order mark] text(front content)
// where `text` is a form of text in which the bytes were written, `front` are bytes that do not
// belong to the content, and in the content every LF may have become CR LF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/arrive/code_page.h"
#include "rdb/io/source.h"

namespace rdb {

// What is to be taken back, the outermost first.
struct Undo {
  enum class Text : uint8_t { bytes, utf16_le, utf16_be, utf8, base64, hex };

  bool has_mark = false;  // a byte-order mark of the text stands in front
  Text text = Text::bytes;
  CodePage page = CodePage::latin1;  // of utf16 and utf8: in which the bytes were read as text
  uint64_t front = 0;                // bytes before the content
  bool line_ends = false;            // one CR was put before each LF

  [[nodiscard]] bool is_nothing() const {
    return !has_mark && text == Text::bytes && front == 0 && !line_ends;
  }
  [[nodiscard]] size_t mark_bytes() const {
    return !has_mark ? 0 : text == Text::utf16_le || text == Text::utf16_be ? 2 : 3;
  }
};

// A step of taking back. Pieces may end anywhere.
class UndoStep {
 public:
  UndoStep() = default;
  UndoStep(const UndoStep&) = delete;
  UndoStep& operator=(const UndoStep&) = delete;
  virtual ~UndoStep() = default;

  // Appends to `out` what `in` has been. False: it cannot have been made this way; `words` say why.
  [[nodiscard]] virtual bool put(std::string_view in, std::string& out) = 0;
  // The same for what has been kept back, at the end.
  [[nodiscard]] virtual bool end(std::string& out) = 0;

  [[nodiscard]] const std::string& words() const { return words_; }

 protected:
  // Always false.
  bool fail(std::string words) {
    words_ = std::move(words);
    return false;
  }

 private:
  std::string words_;
};

// The bytes of another source as they were before.
class UndoSource : public ByteSource {
 public:
  // `from` must outlive it. Constant memory.
  UndoSource(ByteSource& from, const Undo& undo);

  // False: error() of `from`, or `bad_text` for bytes that cannot have been made this way, of which
  // those before are delivered.
  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override;

 private:
  bool fill();
  bool pass(size_t step, std::string_view in);
  bool end_steps();

  ByteSource& from_;
  std::vector<std::unique_ptr<UndoStep>> steps_;
  std::vector<std::string> between_;  // what each step made of a piece
  std::string piece_;
  std::string done_;  // delivered up to at_
  size_t at_ = 0;
  bool is_ended_ = false;
  Error failure_;  // told once all before it is delivered
};

}  // namespace rdb
