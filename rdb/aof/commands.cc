#include "rdb/aof/commands.h"

#include <algorithm>
#include <iterator>

#include "rdb/base/limits.h"
#include "rdb/base/number.h"
#include "rdb/base/word.h"

namespace rdb {
namespace {

constexpr size_t kNamesMax = 1024;  // that are counted apart; servers have fewer than 500
constexpr std::string_view kTime = "#TS:";

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// Commands that work in no database.
bool is_of_server(std::string_view name) {
  constexpr std::string_view kNames[] = {"asking",  "auth",     "discard",  "hello",   "ping",
                                         "publish", "replconf", "spublish", "unwatch", "wait"};
  constexpr std::string_view kContainers[] = {"client|", "cluster|", "config|", "function|",
                                              "script|"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames) ||
         std::any_of(std::begin(kContainers), std::end(kContainers),
                     [name](std::string_view container) { return name.starts_with(container); });
}

}  // namespace

Commands::Role Commands::role_of(std::string_view name) {
  if (name == "select") return Role::select;
  if (name == "move") return Role::move;
  if (name == "copy") return Role::copy;
  if (name == "swapdb") return Role::swap;
  if (name == "flushall") return Role::all;
  if (name == "multi") return Role::multi;
  if (name == "exec") return Role::exec;
  return is_of_server(name) ? Role::server : Role::data;
}

void Commands::begin_file(CommandsFile file) {
  file_ = std::move(file);
  judge_.begin_file(file_.name);
  scanner_.emplace(static_cast<CommandTaker&>(*this), file_.offset);
  db_ = file_.db;
  multi_at_.reset();
  cut_.reset();
}

void Commands::note_rdb_part(const CommandsFile& file) {
  Finding& finding = findings_.emplace_back();
  finding.stage = Stage::commands;
  finding.severity = Severity::breaks;
  finding.status = Status::unexpected;
  finding.name = "increment_rdb";
  finding.words =
      "the increment begins with an RDB part; servers load it into what is there and stop at a key "
      "that is there already, valkey-check-aof refuses it, and it is not read here";
  finding.file = file.name;
}

void Commands::end_file() {
  scanner_->finish();
  size_ += scanner_->end() - file_.offset;
  find_flaw();
}

void Commands::begin(uint64_t offset, uint64_t arguments) {
  offset_ = offset;
  arguments_ = arguments;
  counter_ = nullptr;
  takes_db_ = false;
}

ByteSink* Commands::body(uint64_t index, uint64_t /*size*/) {
  return counter_ != nullptr ? judge_.body(index) : nullptr;
}

void Commands::argument(uint64_t index, uint64_t /*size*/, std::string_view head) {
  if (counter_ == nullptr) {
    if (index == 0 && !head.empty() && head == raw_name_) {  // as the command before
      counter_ = last_counter_;
      judge_.start(offset_, name_, arguments_);
      return;
    }
    raw_name_ = "";
    if (index == 0) {
      name_ = in_lower_case(head);
      if (is_container(name_) && arguments_ > 1) return;
      raw_name_ = head;
    } else {
      name_ += "|" + in_lower_case(head);
    }
    resolve();
    return;
  }
  judge_.argument(index, head);
  switch (counter_->role) {
    case Role::select:
      if (index == 1) take_database(head, true);
      break;
    case Role::move:
      if (index == 2) take_database(head, false);
      break;
    case Role::swap:
      if (index <= 2) take_database(head, false);
      break;
    case Role::copy:
      if (takes_db_) take_database(head, false);
      takes_db_ = !takes_db_ && index > 2 && is_same_word(head, "db");
      break;
    default:
      break;
  }
}

// The name of the command is known.
void Commands::resolve() {
  const auto [at, is_new] = counters_.size() < kNamesMax ? counters_.try_emplace(name_)
                                                         : std::pair(counters_.find(name_), false);
  counter_ = at != counters_.end() ? &at->second : &others_;
  if (is_new) counter_->role = role_of(name_);
  last_counter_ = counter_;
  judge_.start(offset_, name_, arguments_);
}

void Commands::take_database(std::string_view head, bool does_go_on) {
  int64_t n = 0;
  if (!parse_int64(head, n) || n < 0) {
    judge_.no_database(head);
    return;
  }
  const auto db = static_cast<uint64_t>(n);
  judge_.database(db, does_go_on);
  if (does_go_on) db_ = db;
  if (!does_go_on) touch(db);
}

void Commands::touch(uint64_t db) {
  if (databases_.size() < kDatabasesMax || databases_.contains(db)) ++databases_[db];
}

void Commands::end(uint64_t /*offset*/) {
  ++count_;
  ++counter_->count;
  judge_.end();
  switch (counter_->role) {
    case Role::multi:
      if (!multi_at_) multi_at_ = offset_;
      break;
    case Role::exec:
      if (!multi_at_) judge_.no_transaction();
      multi_at_.reset();
      break;
    case Role::all:
      touches_all_ = true;
      break;
    case Role::data:
    case Role::move:
    case Role::copy:
      touch(db_);
      break;
    case Role::select:
    case Role::swap:
    case Role::server:
      break;
  }
}

void Commands::annotation(uint64_t offset, std::string_view line) {
  ++annotations_;
  judge_.annotation(offset);
  int64_t seconds = 0;
  if (!line.starts_with(kTime) || !parse_int64(line.substr(kTime.size()), seconds)) return;
  if (!first_time_) first_time_ = seconds;
  last_time_ = seconds;
}

std::vector<std::pair<std::string, uint64_t>> Commands::names() const {
  std::vector<std::pair<std::string, uint64_t>> out;
  for (const auto& [name, counter] : counters_) {
    if (counter.count != 0) out.emplace_back(display_name(name), counter.count);
  }
  std::sort(out.begin(), out.end());
  if (others_.count != 0) out.emplace_back("others", others_.count);
  return out;
}

// What is wrong or odd with the file that has ended.
void Commands::find_flaw() {
  const Error& error = scanner_->error();
  if (const Note& odd = scanner_->odd(); odd.count != 0) {
    Finding& finding = add({.code = Code::ok, .offset = odd.first_offset, .has_offset = true},
                           Severity::accepts, "");
    finding.name = "command_odd";
    finding.words = "lines of commands that are not as servers write them; they load";
    finding.count = odd.count;
  }
  const bool is_cut = error.code == Code::command_cut;
  if (!error.ok() && !is_cut) {
    is_damaged_ = true;
    add(error, Severity::refuses, "");
    return;
  }
  if (is_cut) find_cut(error);
  if (multi_at_) {
    find_cut({.code = Code::transaction_cut, .offset = *multi_at_, .has_offset = true});
  } else if (!is_cut && scanner_->ends_in_annotation() && file_.is_last) {
    is_damaged_ = true;
    cut_ = scanner_->sound_end();
    add({.code = Code::annotation_cut, .offset = *cut_, .has_offset = true}, Severity::breaks, "");
  }
}

// The end of the file is incomplete.
void Commands::find_cut(const Error& error) {
  is_damaged_ = true;
  cut_ = std::min(cut_.value_or(error.offset), error.offset);
  add(error, file_.is_last ? Severity::drops : Severity::refuses,
      file_.is_last ? "; a server with aof-load-truncated yes cuts it off and starts"
                    : "; servers do not start, since this is not the last file");
}

Finding& Commands::add(const Error& error, Severity severity, std::string_view more) {
  if (error_.ok()) error_ = error;
  Finding& finding = findings_.emplace_back(from_error(error));
  finding.stage = Stage::commands;
  finding.severity = severity;
  finding.words += more;
  finding.file = file_.name;
  return finding;
}

void Commands::find(std::vector<Finding>& findings) const {
  findings.insert(findings.end(), findings_.begin(), findings_.end());
  judge_.find(findings);
}

void Commands::find_damage(std::vector<Finding>& findings) const {
  for (const Finding& finding : findings_) {
    if (finding.status == Status::damaged) findings.push_back(finding);
  }
}

bool CommandTail::begin(const Tail& tail) {
  if (tail.kind != Tail::Kind::commands && !takes_all_) return false;
  file_.offset = tail.offset;
  file_.db = tail.db;
  commands_.begin_file(file_);
  return true;
}

bool CommandTail::write(std::string_view bytes) {
  (void)commands_.bytes().write(bytes);
  return copy_ == nullptr || copy_->write(bytes) || fail(copy_->error());
}

bool read_commands(ByteSource& source, CommandsFile file, Commands& commands, ByteSink* copy) {
  constexpr size_t kMagicBytes = 6;
  std::string piece(kPieceBytes, '\0');
  size_t size = 0;
  size_t got = 1;
  while (size < kMagicBytes && got != 0) {
    if (!source.read(piece.data() + size, piece.size() - size, got)) return false;
    size += got;
  }
  const std::string_view head = std::string_view(piece).substr(0, size);
  if (head.starts_with("REDIS") || head.starts_with("VALKEY")) {
    commands.note_rdb_part(file);
    return true;
  }
  commands.begin_file(std::move(file));
  while (size != 0) {
    const std::string_view bytes(piece.data(), size);
    (void)commands.bytes().write(bytes);
    if (copy != nullptr && !copy->write(bytes)) return false;
    if (!source.read(piece.data(), piece.size(), size)) return false;
  }
  commands.end_file();
  return true;
}

std::string describe(const Commands& commands) {
  if (commands.count() == 0) return "no commands";
  std::string out =
      std::to_string(commands.count()) + (commands.count() == 1 ? " command" : " commands");
  constexpr size_t kShown = 12;
  const auto names = commands.names();
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    out += (i == 0 ? " (" : ", ") + names[i].first + " " + std::to_string(names[i].second);
  }
  return out + (names.size() > kShown ? ", ...)" : ")");
}

std::string unread_words(const Reader& reader, const Commands* commands) {
  if (commands != nullptr && commands->has_commands()) {
    return describe(*commands) + " follow the RDB part and are not read; they change its data";
  }
  if (commands == nullptr && reader.tail().kind == Tail::Kind::commands) {
    return std::to_string(reader.tail().size) +
           " bytes of append-only commands follow and are not read; they change these data";
  }
  return missing_increments(reader, commands);
}

std::string missing_increments(const Reader& reader, const Commands* commands) {
  if (reader.append_only() != AppendOnly::base) return "";
  if (commands != nullptr && commands->has_all_files()) return "";
  return "this is the base of an append-only file (aof-base 1); the commands of its increments are "
         "not here and are not read";
}

}  // namespace rdb
