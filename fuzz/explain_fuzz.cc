// Any offset of any bytes can be explained: annotations have words and lie within the file, and a
// record is damaged for explain if it is for everybody. Choices: the offset.
#include <cstddef>
#include <cstdint>

#include "fuzz/fuzz.h"
#include "rdb/rdb.h"

namespace rdb {
namespace {

class Checked : public Annotations {
 public:
  explicit Checked(uint64_t size) : size_(size) {}
  bool add(const Annotation& annotation) override {
    require(!annotation.words.empty(), "an annotation has words");
    require(annotation.offset <= size_, "an annotation lies within the file");
    require(!goes_on_, "the words of an annotation end before the next");
    goes_on_ = annotation.goes_on;
    damages += annotation.kind == Annotation::Kind::damage ? 1 : 0;
    return true;
  }
  bool more(std::string_view words, bool is_last) override {
    require(goes_on_ && is_plain(words), "words go on where that was said");
    goes_on_ = !is_last;
    return true;
  }
  uint64_t damages = 0;

 private:
  uint64_t size_;
  bool goes_on_ = false;
};

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const uint64_t choice = choices.byte();
  rdb::MemoryAccess file(choices.rest());
  rdb::Explainer explainer(file);
  if (choice % 2 == 1) explainer.show_all();
  if (!explainer.find(choice * file.size() / 256)) return 0;
  rdb::Checked checked(file.size());
  rdb::require(explainer.explain(checked), "it can be explained");
  rdb::require((checked.damages == 1) == !explainer.damage().ok(), "damage is told once");
  return 0;
}
