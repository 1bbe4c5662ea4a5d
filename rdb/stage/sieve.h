// Decides about an entry while its value passes, by the size of that or by the module it is of.
// What the writer holds is let pass or dropped as soon as the answer is clear, so that no more is
// held than the bound of the size allows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rdb/file/writer.h"
#include "rdb/stage/select.h"
#include "rdb/stage/survey.h"

namespace rdb {

// One entry; what is given must outlive it.
class Sieve {
 public:
  // Without `selection` any size will do; without `writer` nothing is written. Values of modules
  // with the names in `dropped_modules` are left out.
  Sieve(const Record& record, Selection* selection, const std::vector<std::string>& dropped_modules,
        Writer* writer);

  // Behind Writer::begin(). False: the writer failed.
  [[nodiscard]] bool start();
  // What takes the value so that both the sieve and `next` get it; lives as long as the sieve.
  [[nodiscard]] Payload through(const Payload& next);
  // Behind the value. False: the writer failed.
  [[nodiscard]] bool finish();

  [[nodiscard]] bool is_left_out() const { return is_left_out_; }
  [[nodiscard]] bool is_dropped_module() const { return is_dropped_module_; }

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

   private:
    Sieve& sieve_;
  };

  bool weigh();
  bool stays();

  Selection* selection_;
  const std::vector<std::string>& dropped_modules_;
  Writer* writer_;
  Meter meter_{*this};
  Watch watch_{*this};
  ByteSink* next_ = nullptr;
  bool by_size_ = false;
  bool by_module_ = false;
  uint64_t bytes_ = 0;
  bool is_kept_ = false;  // by the writer, already
  bool is_dropped_module_ = false;
  bool is_left_out_ = false;
};

}  // namespace rdb
