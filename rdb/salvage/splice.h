// A file put together of stretches of another one and of bytes of its own.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "rdb/io/random.h"
#include "rdb/io/spill.h"

namespace rdb {

// One thread; distinct objects with other sinks are independent.
class Splice : public RandomAccess {
 public:
  // Both must outlive it; several may set bytes aside in one sink.
  Splice(RandomAccess& file, SpillSink& own) : file_(file), own_(own) {}

  // Behind what is there: the bytes of the file from `from` to `to`, or these. False: error().
  void add(uint64_t from, uint64_t to);
  [[nodiscard]] bool add(std::string_view bytes);
  // What is set aside in the sink.
  void add_own(uint64_t from, uint64_t to);
  // Takes what another one, with the same sink, has behind its first `kept` pieces.
  void take_from(Splice& other, size_t kept);
  [[nodiscard]] size_t pieces() const { return pieces_.size(); }

  struct Range {
    uint64_t from = 0;
    uint64_t to = 0;
  };
  // Takes out bytes; ascending.
  void leave_out(const std::vector<Range>& ranges);

  [[nodiscard]] uint64_t size() const override { return size_; }
  // Where in the file the byte at `offset` comes from, or what is nearest before it.
  [[nodiscard]] uint64_t origin(uint64_t offset) const;

  [[nodiscard]] bool read_at(uint64_t offset, char* to, size_t n, size_t& got) override;

 private:
  struct Piece {
    uint64_t at = 0;    // here
    uint64_t from = 0;  // in the file, or of the bytes set aside
    uint64_t size = 0;
    bool is_own = false;
  };

  void push(Piece piece);
  [[nodiscard]] size_t find(uint64_t offset) const;

  RandomAccess& file_;
  SpillSink& own_;
  std::vector<Piece> pieces_;
  uint64_t size_ = 0;
};

}  // namespace rdb
