#include "rdb/aof/judge.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "rdb/base/word.h"

namespace rdb {
namespace {

constexpr size_t kListedMax = 100;       // findings with words of their own
constexpr size_t kScriptsMax = 1 << 16;  // of which the sums are known

// Module types, and how the names of their module's commands begin.
struct ModuleRow {
  std::string_view type;
  std::string_view prefix;
};
constexpr ModuleRow kModules[] = {
    {"ReJSON-RL", "json"}, {"MBbloom--", "bf"},   {"MBbloomCF", "cf"},      {"bloomfltr", "bf"},
    {"CMSk-TYPE", "cms"},  {"TopK-TYPE", "topk"}, {"TDIS-TYPE", "tdigest"}, {"TSDB-TYPE", "ts"},
    {"ft_index0", "ft"},   {"Vk-Search", "ft"},   {"graphdata", "graph"},
};

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool parse_digest(std::string_view hex, Sha1Digest& digest) {
  if (hex.size() != 2 * digest.size()) return false;
  for (size_t i = 0; i < digest.size(); ++i) {
    const int high = digit_of(hex[2 * i]);
    const int low = digit_of(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    digest[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

Header header_of(unsigned version) {
  Header out;
  out.version = version;
  out.dialect = version >= 80 ? Dialect::valkey : version > 11 ? Dialect::redis_ce : Dialect::redis;
  return out;
}

}  // namespace

CommandJudge::CommandJudge(const Loading& loading)
    : loading_(loading),
      version_(loading.target != nullptr ? version_of(*loading.target) : kNewest),
      server_(loading.target != nullptr ? std::string(loading.target->name)
                                        : "no Redis up to 7.2 and no Valkey up to 9.1") {}

bool CommandJudge::Text::write(std::string_view bytes) {
  sum.add(bytes);
  if (library != nullptr) library->add(bytes);
  return true;
}

void CommandJudge::start(uint64_t offset, std::string_view name, uint64_t arguments) {
  offset_ = offset;
  name_ = name;
  arguments_ = arguments;
  const size_t bar = name.find('|');
  if (bar != std::string_view::npos && version_ < kHasSubcommands) {
    syntax_.start(name.substr(0, bar), arguments, version_);
    syntax_.add(1, name.substr(bar + 1));
    if (!syntax_.unknown().empty()) {
      name_.resize(bar);
      return;
    }
  }
  syntax_.start(name, arguments, version_);
}

void CommandJudge::judge_name(uint64_t arguments) {
  // Up to 6.2 subcommands are arguments; syntax_ knows which there are.
  std::string_view name = name_;
  if (version_ < kHasSubcommands) name = name.substr(0, name.find('|'));
  const KnownCommand* const known = find_command(name, version_);
  if (known == nullptr) {
    judge_unknown();
    return;
  }
  if (!known->takes(arguments)) {
    const auto least = static_cast<uint64_t>(std::abs(known->arity));
    const bool stops = version_ >= kCountsArguments || arguments < least;
    const std::string what = shown_name() + " with " + std::to_string(arguments - 1) +
                             (arguments == 2 ? " argument" : " arguments");
    add("command_arguments", stops ? Severity::refuses : Severity::breaks,
        loading_.target != nullptr ? server_ + " does not take " + what
                                   : server_ + " takes " + what);
  }
  const bool is_for_clusters = name_.starts_with("cluster|");
  if (is_for_clusters && loading_.target != nullptr && !loading_.is_cluster) {
    add("command_cluster", Severity::drops,
        shown_name() + " is left out by a server that is in no cluster");
  }
}

void CommandJudge::judge_unknown() {
  if (is_of_module(name_)) {
    if (loading_.target != nullptr) return;
    add("command_module", Severity::accepts, shown_name() + " is a command of a module");
    return;
  }
  const bool may_be_of_module = name_.find('.') != std::string::npos;
  add("command_unknown", Severity::refuses,
      loading_.target != nullptr
          ? server_ + " has no command " + shown_name() +
                (may_be_of_module ? " without the module that adds it" : "") + ", and stops there"
          : server_ + " has the command " + shown_name());
}

// With a target, of a module that it has.
bool CommandJudge::is_of_module(std::string_view name) const {
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  if (loading_.target == nullptr) return true;
  const std::string_view prefix = name.substr(0, dot);
  const auto has = [&](const std::string& module) {
    return is_same_word(module, prefix) ||
           std::any_of(std::begin(kModules), std::end(kModules), [&](const ModuleRow& row) {
             return row.type == module && row.prefix == prefix;
           });
  };
  return std::any_of(loading_.modules.begin(), loading_.modules.end(), has);
}

ByteSink* CommandJudge::body(uint64_t index) {
  body_kind_ = Body::none;
  if (name_ == "restore" || name_ == "restore-asking") {
    if (index == 3) body_kind_ = Body::payload;
  } else if (name_ == "function|restore") {
    if (index == 2) body_kind_ = Body::payload;
  } else if (name_ == "function|load") {
    if (index + 1 == arguments_) body_kind_ = Body::library;
  } else if ((name_ == "eval" && index == 1) || (name_ == "script|load" && index == 2)) {
    body_kind_ = Body::script;
  }
  if (body_kind_ == Body::none) return nullptr;
  if (body_kind_ == Body::payload) {
    payload_.start();
    return &payload_;
  }
  text_.library = nullptr;
  if (body_kind_ == Body::library) {  // others may have been deleted
    text_.library = &library_.emplace(loading_);
    library_->start();
  }
  text_.sum.start();
  return &text_;
}

void CommandJudge::argument(uint64_t index, std::string_view head) {
  syntax_.add(index, head);
  switch (body_kind_) {
    case Body::none:
      break;
    case Body::payload:
      judge_payload();
      break;
    case Body::library:
      judge_library();
      break;
    case Body::script:
      has_all_scripts_ = has_all_scripts_ && scripts_.size() < kScriptsMax;
      if (has_all_scripts_) scripts_.insert(text_.sum.finish());
      break;
  }
  body_kind_ = Body::none;
  if (name_ == "evalsha" && index == 1) judge_script_call(head);
}

void CommandJudge::judge_payload() {
  if (!payload_.is_sound()) {
    add("command_payload", Severity::drops,
        shown_name() + " of a payload with a wrong checksum is left out");
    return;
  }
  if (loading_.target == nullptr) return;
  if (!reads(loading_, header_of(payload_.version()))) {
    add("command_payload", Severity::drops,
        server_ + " does not take payloads of RDB version " + std::to_string(payload_.version()) +
            " and leaves such a " + shown_name() + " out");
    return;
  }
  const std::string module = payload_.module();
  const auto& known = loading_.modules;
  if (module.empty() || std::find(known.begin(), known.end(), module) != known.end()) return;
  add("command_payload", Severity::drops,
      shown_name() + " of a value of module " + quoted(module) +
          " is left out by a server without it");
}

void CommandJudge::judge_library() {
  // A fault ends no server here: it answers with an error.
  const LibraryFault fault = library_->finish();
  if (fault.empty()) return;
  const bool is_undecided = fault.severity == Severity::undecided;
  add("command_function", is_undecided ? Severity::undecided : Severity::drops,
      shown_name() + (is_undecided ? " may be left out: " : " is left out: ") +
          "function library " + fault.words);
}

// From 7.0 on the scripts in AUX fields are not loaded; before, it is not known which these are.
void CommandJudge::judge_script_call(std::string_view sum) {
  if (version_ < kHasSubcommands || !has_all_scripts_) return;
  Sha1Digest digest;
  if (parse_digest(sum, digest) && scripts_.contains(digest)) return;
  add("command_script", Severity::drops, "EVALSHA of a script that is not loaded is left out");
}

void CommandJudge::database(uint64_t n, bool does_go_on) {
  if (loading_.target == nullptr || n < databases_of(loading_)) return;
  const uint64_t last = databases_of(loading_) - 1;
  const std::string has = last == 0
                              ? "the server has database 0 only: "
                              : "the server has databases 0 to " + std::to_string(last) + " only: ";
  if (does_go_on) {
    add("command_database", Severity::breaks,
        has + "what follows SELECT " + std::to_string(n) + " goes to the one selected before");
  } else {
    add("command_database", Severity::drops,
        has + shown_name() + " with database " + std::to_string(n) + " is left out");
  }
}

void CommandJudge::no_database(std::string_view text) {
  add("command_database", Severity::breaks,
      shown_name() + " with " + quoted(text) + ", which is no number of a database");
}

void CommandJudge::no_transaction() {
  add("command_transaction", Severity::drops, "EXEC without MULTI is left out");
}

void CommandJudge::end() {
  judge_name(arguments_);
  if (syntax_.unknown().empty()) return;
  const std::string option = display_name(syntax_.unknown());
  add("command_option", Severity::drops,
      loading_.target != nullptr ? server_ + " does not know " + option + " of " + shown_name() +
                                       " and leaves such commands out"
                                 : server_ + " knows " + option + " of " + shown_name() +
                                       ", they leave such commands out");
}

void CommandJudge::annotation(uint64_t offset) {
  if (version_ >= kHasAnnotations) return;
  offset_ = offset;
  add("annotations", Severity::refuses, server_ + " does not know annotations, and stops there");
}

void CommandJudge::add(std::string_view kind, Severity severity, std::string words) {
  const auto is_same = [&](const Finding& f) { return f.words == words && f.name == kind; };
  const auto known = std::find_if(findings_.begin(), findings_.end(), is_same);
  if (known != findings_.end()) {
    ++known->count;
    return;
  }
  if (findings_.size() == kListedMax) {
    ++more_;
    return;
  }
  Finding& finding = findings_.emplace_back();
  finding.stage = Stage::commands;
  finding.severity = severity;
  finding.status = severity == Severity::accepts     ? Status::ok
                   : severity == Severity::undecided ? Status::unverifiable
                                                     : Status::unexpected;
  finding.name = kind;
  finding.words = std::move(words);
  finding.file = file_;
  finding.has_place = true;
  finding.offset = offset_;
}

void CommandJudge::find(std::vector<Finding>& findings) const {
  findings.insert(findings.end(), findings_.begin(), findings_.end());
  if (more_ == 0) return;
  Finding& finding = findings.emplace_back();
  finding.stage = Stage::commands;
  finding.severity = Severity::refuses;
  finding.status = Status::unexpected;
  finding.name = "more_findings";
  finding.words = std::to_string(more_) + " more commands of other kinds are refused or left out";
}

std::string CommandJudge::shown_name() const { return display_name(name_); }

}  // namespace rdb
