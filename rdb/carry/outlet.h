// Where a Converter writes: one file, or several of which each takes some of the keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rdb/file/record.h"
#include "rdb/file/writer.h"
#include "rdb/io/sink.h"
#include "rdb/value/encode.h"

namespace rdb {

// One thread; distinct objects are independent.
class Outlet {
 public:
  Outlet() = default;
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;
  virtual ~Outlet() = default;

  // Before open(): while `is_shut` is true nothing reaches the sinks. It outlives the writing.
  virtual void shut_while(const bool& is_shut) { is_shut_ = &is_shut; }

  // Writes the header of every file. Once. False, here and below: error().
  [[nodiscard]] virtual bool open(const EncodeOptions& options) = 0;
  // The Writer that takes the payload of the record, which has been begun; nullptr: error().
  [[nodiscard]] virtual Writer* begin(const Record& record) = 0;
  // Ends all files; their bytes are with the sinks.
  [[nodiscard]] virtual bool finish() = 0;

  [[nodiscard]] virtual const Error& error() const = 0;
  // After finish(): the header of the file, where it may be another than that of open(); or empty.
  [[nodiscard]] virtual std::string header() const { return ""; }
  // Of all files.
  [[nodiscard]] virtual uint64_t bytes() const = 0;
  [[nodiscard]] virtual uint64_t keys() const = 0;
  // Whether the counts of keys (RESIZEDB) can be written.
  [[nodiscard]] virtual bool can_patch() const = 0;
  // Whether a file has got another header than open() said (Writer::is_raised).
  [[nodiscard]] virtual bool is_raised() const = 0;

 protected:
  [[nodiscard]] bool is_shut() const { return *is_shut_; }

  // Keeps bytes from a sink while the outlet is shut.
  class Gate : public ByteSink {
   public:
    Gate(ByteSink& to, const Outlet& outlet) : to_(to), outlet_(outlet) {}

    [[nodiscard]] bool write(std::string_view bytes) override {
      return outlet_.is_shut() || to_.write(bytes) || fail(to_.error());
    }
    [[nodiscard]] bool patch(uint64_t offset, std::string_view bytes) override {
      return outlet_.is_shut() || to_.patch(offset, bytes) || fail(to_.error());
    }
    [[nodiscard]] bool is_seekable() const override { return to_.is_seekable(); }

   private:
    ByteSink& to_;
    const Outlet& outlet_;
  };

 private:
  static constexpr bool kOpen = false;
  const bool* is_shut_ = &kOpen;
};

// All in one file.
class FileOutlet : public Outlet {
 public:
  // `to` must outlive it and have taken no bytes yet.
  // `prefers_redis`: as Writer::prefer_redis().
  explicit FileOutlet(ByteSink& to, bool prefers_redis = false)
      : gate_(to, *this), prefers_redis_(prefers_redis) {}

  [[nodiscard]] bool open(const EncodeOptions& options) override {
    writer_.emplace(gate_, options);
    if (prefers_redis_) writer_->prefer_redis();
    return writer_->header();
  }
  [[nodiscard]] Writer* begin(const Record& record) override {
    return writer_->begin(record) ? &*writer_ : nullptr;
  }
  [[nodiscard]] bool finish() override { return writer_->finish(); }

  [[nodiscard]] const Error& error() const override { return writer_->error(); }
  [[nodiscard]] std::string header() const override { return writer_->header_text(); }
  [[nodiscard]] uint64_t bytes() const override { return writer_->pos(); }
  [[nodiscard]] uint64_t keys() const override { return writer_->keys(); }
  [[nodiscard]] bool can_patch() const override { return gate_.is_seekable(); }
  [[nodiscard]] bool is_raised() const override { return writer_ && writer_->is_raised(); }

 private:
  Gate gate_;
  bool prefers_redis_;
  std::optional<Writer> writer_;
};

}  // namespace rdb
