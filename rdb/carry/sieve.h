// Decides about an entry while its value passes, by the size of that, by the module it is of or by
// whether it has an element. What the writer holds is let pass or dropped as soon as the answer is
// clear, so that no more is held than the bound of the size, or the first blob, takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rdb/carry/select.h"
#include "rdb/file/writer.h"
#include "rdb/pass/survey.h"
#include "rdb/value/tee.h"

namespace rdb {

// One thread; one entry after another. What is given must outlive it.
class Sieve {
 public:
  // Without `selection` any size will do. Values of modules with the names in `dropped_modules` are
  // left out, and with `drops_empty` collections without an element.
  Sieve(Selection* selection, const std::vector<std::string>& dropped_modules, bool drops_empty)
      : selection_(selection), dropped_modules_(dropped_modules), drops_empty_(drops_empty) {}

  // Before a value that `reader` reads, behind Writer::begin(); without `writer` nothing is
  // written. False: the writer failed.
  [[nodiscard]] bool start(const Reader& reader, const Record& record, Writer* writer);
  // What takes the value so that both the sieve and `next` get it.
  [[nodiscard]] Payload through(const Payload& next);
  // Behind the value. False: the writer failed.
  [[nodiscard]] bool finish();

  [[nodiscard]] bool is_left_out() const { return is_left_out_; }
  [[nodiscard]] bool is_dropped_module() const { return is_dropped_module_; }
  // What breaks before its first element is not empty.
  [[nodiscard]] bool is_dropped_empty() const {
    return by_element_ && !has_element_ && reader_->flaws().empty();
  }

 private:
  class Meter : public ByteSink {
   public:
    explicit Meter(Sieve& sieve) : sieve_(sieve) {}
    [[nodiscard]] bool write(std::string_view bytes) override;

   private:
    Sieve& sieve_;
  };
  class Watch : public Sink {
   public:
    explicit Watch(Sieve& sieve) : sieve_(sieve) {}
    bool module(const ModuleId& id) override;
    bool item(const Text&) override { return sieve_.saw_element(); }
    bool member(const Text&) override { return sieve_.saw_element(); }
    bool field(const Text&) override { return sieve_.saw_element(); }

   private:
    Sieve& sieve_;
  };

  bool saw_element();
  bool weigh();
  bool stays();

  Selection* selection_;
  const std::vector<std::string>& dropped_modules_;
  bool drops_empty_;
  const Reader* reader_ = nullptr;
  Writer* writer_ = nullptr;
  Meter meter_{*this};
  Watch watch_{*this};
  ByteSink* next_ = nullptr;
  std::optional<Tee> watched_;  // the watch and who else takes the events
  bool is_asked_ = false;       // by any of these
  bool by_size_ = false;
  bool by_module_ = false;
  bool by_element_ = false;
  uint64_t bytes_ = 0;
  bool has_element_ = false;
  bool is_kept_ = false;  // by the writer, already
  bool is_dropped_module_ = false;
  bool is_left_out_ = false;
};

}  // namespace rdb
