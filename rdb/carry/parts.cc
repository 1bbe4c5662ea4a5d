#include "rdb/carry/parts.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace rdb {
namespace {

constexpr size_t kPartBufferBytes = 16 << 10;  // a thousand parts take 16 MiB

}  // namespace

struct Parts::Open {
  Open(Part about, ByteSink& to, const EncodeOptions& options)
      : part(std::move(about)), writer(to, options, kPartBufferBytes) {}

  Part part;
  Writer writer;
  uint64_t taken = 0;  // of what is common
};

std::string part_name(size_t number, const Division& division) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%04zu", number);
  return "part-" + std::string(digits) +
         (division.node.empty() ? "-slots-" + to_text(division.slots) : "-node-" + division.node) +
         ".rdb";
}

std::string part_name(uint64_t db) { return "part-db-" + std::to_string(db) + ".rdb"; }

bool is_part_name(std::string_view name) {
  return name.starts_with("part-") && name.ends_with(".rdb");
}

Parts::Parts(Create create, std::vector<Division> divisions)
    : create_(std::move(create)), divisions_(std::move(divisions)) {}

Parts::~Parts() = default;

bool Parts::open(const EncodeOptions& options) {
  options_ = options;
  common_gate_.emplace(common_bytes_, *this);
  if (!common_.emplace(*common_gate_, options, kPartBufferBytes).header()) return false;
  if (!divisions_.empty()) by_slot_.resize(kSlots);
  for (size_t i = 0; i < divisions_.size(); ++i) {
    Open* const part = create({.file = part_name(i, divisions_[i]), .division = divisions_[i]});
    if (part == nullptr) return false;
    for (const SlotRange& range : divisions_[i].slots) {
      std::fill(by_slot_.begin() + range.first, by_slot_.begin() + range.last + 1, part);
    }
  }
  return true;
}

Parts::Open* Parts::create(Part part) {
  ByteSink* const to = create_(part.file, error_);
  if (to == nullptr) return nullptr;
  return parts_.emplace_back(std::make_unique<Open>(std::move(part), *to, options_)).get();
}

Writer* Parts::begin(const Record& record) {
  // Once shut it matters no more which file is not written.
  if (record.kind != RecordKind::entry || is_shut()) {
    return common_->begin(record) ? &*common_ : nullptr;
  }
  Open* const part = find(record);
  if (part == nullptr || !catch_up(*part)) return nullptr;
  if (last_ != nullptr && last_ != part) last_->writer.trim();
  last_ = part;
  return part->writer.begin(record) ? &part->writer : nullptr;
}

Parts::Open* Parts::find(const Record& record) {
  if (!by_slot_.empty()) return by_slot_[key_slot(record.key)];
  Open*& part = by_db_[record.db];
  if (part == nullptr) part = create({.file = part_name(record.db), .db = record.db});
  return part;
}

bool Parts::catch_up(Open& part) {
  if (part.taken == common_->pos()) return true;
  if (!common_->flush()) return false;
  const uint64_t size = common_->pos() - part.taken;
  const bool ok = common_bytes_.pass(part.taken, size, [&part](std::string_view piece, uint64_t) {
    return part.writer.copy(piece);
  });
  part.taken += size;
  return ok;
}

bool Parts::finish() {
  if (is_shut()) return true;
  for (const auto& part : parts_) {
    if (!catch_up(*part) || !part->writer.finish()) return false;
  }
  return true;
}

const Error& Parts::error() const {
  if (!error_.ok()) return error_;
  if (!common_bytes_.error().ok()) return common_bytes_.error();
  for (const auto& part : parts_) {
    if (!part->writer.error().ok()) return part->writer.error();
  }
  return error_;
}

uint64_t Parts::bytes() const {
  uint64_t out = 0;
  for (const auto& part : parts_) out += part->writer.pos();
  return out;
}

uint64_t Parts::keys() const {
  uint64_t out = 0;
  for (const auto& part : parts_) out += part->writer.keys();
  return out;
}

bool Parts::is_raised() const {
  const auto is = [](const std::unique_ptr<Open>& part) { return part->writer.is_raised(); };
  return std::any_of(parts_.begin(), parts_.end(), is);
}

std::vector<Parts::Part> Parts::parts() const {
  std::vector<Part> out;
  for (const auto& open : parts_) {
    Part& part = out.emplace_back(open->part);
    part.keys = open->writer.keys();
    part.bytes = open->writer.pos();
  }
  const auto is_before = [](const Part& a, const Part& b) { return a.db < b.db; };
  std::stable_sort(out.begin(), out.end(), is_before);
  return out;
}

}  // namespace rdb
