#include "rdb/server/library.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "rdb/base/error.h"
#include "rdb/base/word.h"

namespace rdb {
namespace {

constexpr std::string_view kRedisApi = "7.2.4";  // what every Valkey says of itself

constexpr size_t kHeadBytesMax = size_t{64} << 10;  // of a first line
constexpr size_t kNamesBytesMax = size_t{4} << 20;  // of all names of a file
constexpr size_t kNameBytes = 64;                   // what it takes to hold one, without its text
constexpr std::string_view kTooManyNames =
    "is undecided: there are more names in the file than are kept, to find those that occur twice";
constexpr size_t kWordsMax = 400;  // bytes of what a judge says

// The patch levels that were seen, of the first releases, and of later ones than there are: where
// the release is not known, a library that asks for the version is judged for all three.
struct Version {
  std::string_view target;
  const char* patch;
};
constexpr Version kVersions[] = {
    {"redis-7.0", ".15"}, {"redis-7.2", ".6"},  {"valkey-7.2", ".7"},
    {"valkey-8.0", ".1"}, {"valkey-8.1", ".1"}, {"valkey-9.1", ".2"},
};
constexpr const char* kFirstPatch = ".0";
constexpr const char* kLatePatch = ".99";

// "8.1.1" of "8.1.1+dfsg1-3+deb13u3".
std::string numbers_of(std::string_view release) {
  return std::string(release.substr(0, release.find_first_not_of("0123456789.")));
}

// What a release of the target may say to a library that asks for its version.
std::vector<std::string> versions_of(std::string_view target, std::string_view release) {
  if (!release.empty()) return {numbers_of(release)};
  const std::string line(target.substr(target.find('-') + 1));
  std::vector<std::string> out;
  for (const Version& known : kVersions) {
    if (known.target == target) out.push_back(line + known.patch);
  }
  out.push_back(line + kFirstPatch);
  out.push_back(line + kLatePatch);
  return out;
}

// What a judge says, which may quote the file, as one line of printable text.
std::string printable(std::string_view words) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : words.substr(0, kWordsMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
  }
  return out + (words.size() > kWordsMax ? " ..." : "");
}

std::string lower(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return name;
}

LibraryFault refused(std::string words) { return {Severity::refuses, std::move(words)}; }

LibraryFault undecided(std::string words) { return {Severity::undecided, std::move(words)}; }

// Whether an answer for one server holds for another.
bool is_same(const LibraryApi& a, const LibraryApi& b, const LibraryAnswer& answer) {
  const bool has_same_version =
      a.redis_version == b.redis_version && a.valkey_version == b.valkey_version;
  return a.has_server == b.has_server && a.ends_at_zero == b.ends_at_zero &&
         (a.may_log == b.may_log || !answer.uses_log) && (has_same_version || !answer.uses_version);
}

std::string version_of(const LibraryApi& api) {
  return api.has_server ? api.valkey_version : api.redis_version;
}

}  // namespace

Libraries::Libraries(const Loading& loading)
    : judge_(loading.judge), bytes_max_(loading.library_bytes_max) {
  for (const Target& known : targets()) {
    const bool is_asked =
        loading.target == nullptr ? known.name.starts_with("valkey-") : &known == loading.target;
    if (is_asked && known.version >= kHasFunctions) {
      servers_.push_back(server_for(known, loading.release));
    }
  }
}

Libraries::Server Libraries::server_for(const Target& target, std::string_view release) {
  Server out;
  out.name = target.name;
  const bool is_valkey = target.name.starts_with("valkey-");
  for (std::string& version : versions_of(target.name, release)) {
    LibraryApi& api = out.releases.emplace_back();
    api.has_server = is_valkey;
    api.redis_version = is_valkey ? kRedisApi : version;
    if (is_valkey) api.valkey_version = std::move(version);
    api.may_log = !target.is_valkey_since(9, 1);
    api.ends_at_zero = target.is_valkey_since(8, 1);
  }
  out.quoting = target.is_valkey_since(9, 0) ? Quoting::joined : Quoting::apart;
  return out;
}

void Libraries::start() {
  head_.clear();
  is_head_whole_ = has_zero_ = false;
  size_ = 0;
  answers_.clear();
  if (judge_ != nullptr) judge_->start();
}

void Libraries::add(std::string_view piece) {
  size_ += piece.size();
  has_zero_ = has_zero_ || piece.find('\0') != std::string_view::npos;
  if (judge_ != nullptr && size_ <= bytes_max_) judge_->add(piece);
  if (is_head_whole_ || head_.size() > kHeadBytesMax) return;
  const size_t end = piece.find('\n');
  is_head_whole_ = end != std::string_view::npos;
  head_ += piece.substr(0, is_head_whole_ ? end + 1 : kHeadBytesMax + 1);
}

LibraryFault Libraries::judge(std::string_view source) {
  start();
  add(source);
  return finish();
}

LibraryFault Libraries::finish() {
  std::vector<LibraryFault> faults;
  for (Server& server : servers_) faults.push_back(finish(server));
  const auto is_worse = [](const LibraryFault& a, const LibraryFault& b) {
    return a.severity < b.severity;
  };
  const auto worst = std::min_element(faults.begin(), faults.end(), is_worse);
  if (worst == faults.end() || worst->empty()) return {};
  std::string names;  // of the servers that say so
  bool do_all_say_so = true;
  for (size_t i = 0; i < faults.size(); ++i) {
    const bool says_so = faults[i].words == worst->words;
    do_all_say_so &= says_so;
    if (says_so) names += (names.empty() ? "" : ", ") + std::string(servers_[i].name);
  }
  return {worst->severity, worst->words + (do_all_say_so ? "" : " (" + names + ")")};
}

LibraryFault Libraries::finish(Server& server) {
  if (head_.size() > kHeadBytesMax) {
    return undecided("is undecided: its first line is longer than " +
                     std::to_string(kHeadBytesMax) + " bytes");
  }
  std::string engine;
  std::string name;
  const std::string fault(parse_library_head(head_, engine, name, server.quoting));
  const std::string shown = quoted(name) + " ";
  if (!fault.empty()) return refused(shown + fault);
  if (!is_same_word(engine, "lua")) {
    return refused(shown + "is for the engine " + quoted(engine) + ", which servers do not have");
  }
  if (server.libraries.contains(name)) return refused(shown + "is there already");
  const LibraryAnswer answer = answer_of(server);
  if (answer.kind == LibraryAnswer::Kind::fails) {
    return refused(shown + "fails to load: " + printable(answer.words));
  }
  LibraryFault out = undecided("is undecided: " + printable(answer.words));
  if (answer.kind == LibraryAnswer::Kind::loads) out = judge_functions(server, answer);
  if (out.severity != Severity::refuses && !keep(server.libraries, name) && out.empty()) {
    out = undecided(std::string(kTooManyNames));
  }
  if (!out.empty()) out.words = shown + out.words;
  return out;
}

// What is wrong with the names of the functions that a library registers.
LibraryFault Libraries::judge_functions(Server& server, const LibraryAnswer& answer) {
  std::set<std::string> own;
  LibraryFault out;
  if (answer.functions.empty()) return refused("registers no function");
  for (const std::string& function : answer.functions) {
    if (server.functions.contains(lower(function))) {
      return refused("registers the function " + quoted(function) + ", which is there already");
    }
    if (own.insert(lower(function)).second) continue;
    out = {Severity::breaks,
           "registers the function " + quoted(function) +
               " in upper and lower case, of which servers call any, and end when "
               "the library is deleted"};
  }
  for (const std::string& function : own) {
    if (!keep(server.functions, function) && out.empty())
      out = undecided(std::string(kTooManyNames));
  }
  return out;
}

// False: there is no room for more names, of which it is then not known whether they occur twice.
bool Libraries::keep(std::set<std::string>& names, const std::string& name) {
  if (names_bytes_ + name.size() + kNameBytes > kNamesBytesMax) return false;
  names_bytes_ += name.size() + kNameBytes;
  names.insert(name);
  return true;
}

// Whichever release of the server it is; undecided where they differ.
LibraryAnswer Libraries::answer_of(const Server& server) {
  LibraryAnswer first = answer_of(server.releases[0]);
  if (!first.uses_version) return first;
  for (const LibraryApi& release : server.releases) {
    const LibraryAnswer other = answer_of(release);
    if (other.kind == first.kind && other.functions == first.functions) continue;
    first.kind = LibraryAnswer::Kind::undecided;
    first.words = "it does not do the same in release " + version_of(server.releases[0]) +
                  " and in release " + version_of(release);
    break;
  }
  return first;
}

LibraryAnswer Libraries::answer_of(LibraryApi api) {
  api.ends_at_zero = api.ends_at_zero && has_zero_;
  for (const auto& [other, answer] : answers_) {
    if (is_same(api, other, answer)) return answer;
  }
  LibraryAnswer out;
  if (judge_ == nullptr) {
    out.words = "its code is not run";
  } else if (size_ > bytes_max_) {
    out.words = "it is longer than " + std::to_string(bytes_max_) + " bytes";
  } else {
    out = judge_->load(api);
  }
  answers_.emplace_back(std::move(api), out);
  return out;
}

LibraryFault Libraries::finish_script() {
  if (judge_ == nullptr) return undecided("is undecided: it is not compiled");
  if (size_ > bytes_max_) {
    return undecided("is undecided: it is longer than " + std::to_string(bytes_max_) + " bytes");
  }
  const LibraryAnswer answer = judge_->compile();
  if (answer.kind == LibraryAnswer::Kind::loads) return {};
  const std::string words = printable(answer.words);
  return answer.kind == LibraryAnswer::Kind::fails ? refused("fails to load: " + words)
                                                   : undecided("is undecided: " + words);
}

}  // namespace rdb
