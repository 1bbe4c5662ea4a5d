#include "cli/command_copy.h"

#include <string>

namespace cli {

bool CommandCopy::write(std::string_view bytes) {
  if (bytes.empty()) return true;
  if (file_ == nullptr && !start()) return false;
  size_ += bytes.size();
  return file_->write(bytes) || fail(file_->error());
}

bool CommandCopy::start() {
  file_ = to_.begin_commands();
  if (file_ == nullptr) return fail(to_.error());
  size_ = 0;
  const uint64_t db = reader_ != nullptr ? reader_->tail().db : 0;
  reader_ = nullptr;
  if (db == 0) return true;
  // A server begins every file in database 0.
  const std::string number = std::to_string(db);
  const std::string select =
      "*2\r\n$6\r\nSELECT\r\n$" + std::to_string(number.size()) + "\r\n" + number + "\r\n";
  size_ = select.size();
  return file_->write(select) || fail(file_->error());
}

bool CommandCopy::take_back(uint64_t bytes) {
  if (bytes == 0 || file_ == nullptr) return true;
  size_ -= bytes;
  return file_->truncate(size_) || fail(file_->error());
}

}  // namespace cli
