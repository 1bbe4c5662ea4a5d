#include "rdb/arrive/rereadable.h"

namespace rdb {
namespace {

class Content : public ByteSource {
 public:
  explicit Content(RandomAccess& bytes) : raw_(bytes) { (void)wrap_.open(raw_); }

  [[nodiscard]] bool read(char* to, size_t n, size_t& got) override {
    return wrap_.read(to, n, got) || fail(wrap_.error());
  }

 private:
  RandomSource raw_;
  WrapSource wrap_;
};

}  // namespace

std::unique_ptr<ByteSource> WrappedFile::read_again() { return std::make_unique<Content>(bytes_); }

}  // namespace rdb
