// The digests of a file: of its content (content.h), and DEBUG DIGEST (redis_digest.h).
//
//   Digest digest(options);
//   if (reader.open() && digest.run(reader)) … digest.content().keys.hash …
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "rdb/compare/content.h"
#include "rdb/compare/redis_digest.h"
#include "rdb/file/reader.h"
#include "rdb/pass/survey.h"
#include "rdb/server/target.h"

namespace rdb {

struct DigestOptions {
  bool content = true;
  bool redis = false;
  int64_t now_ms = 0;
  // Whose DEBUG DIGEST it is; nullptr: that of servers that write such files.
  const Target* target = nullptr;
  // Of what `target` holds once it has loaded the file, without expired keys and fields and empty
  // collections; otherwise of all that is in the file.
  bool as_loaded = false;
};

// One thread; one file each.
class Digest {
 public:
  struct Database {
    ContentSum content;
    uint64_t expires = 0;  // keys with an expiry
    Sha1Digest redis{};    // of a dataset that has this one alone
  };
  // One key: of its name, database, expiry and value; DEBUG DIGEST-VALUE.
  struct Key {
    Hash128 content;
    Sha1Digest redis{};
  };

  explicit Digest(const DigestOptions& options) : options_(options) {}

  // Reads the payload of the record just read. False: the reader failed.
  [[nodiscard]] bool add(Reader& reader, const Record& record);
  // Reads an open reader to its end. False: the reader failed.
  [[nodiscard]] bool run(Reader& reader);
  // The same for one key alone; nullopt also where the reader failed.
  [[nodiscard]] std::optional<Key> find(Reader& reader, uint64_t db, std::string_view key);

  [[nodiscard]] const ContentSums& content() const { return content_; }
  [[nodiscard]] Sha1Digest redis() const { return dataset_.get(); }
  [[nodiscard]] std::map<uint64_t, Database> databases() const;
  // Values of modules, whose types may have a function for DEBUG DIGEST that nothing tells here; it
  // is taken that they have none.
  [[nodiscard]] const Sighting& modules() const { return modules_; }
  // Streams whose nodes do not stand in the order of their keys: a server sorts them and says
  // another digest, which would take all nodes in memory.
  [[nodiscard]] const Sighting& unsorted() const { return unsorted_; }
  // Keys with members that expire, as KeyDB writes it: content, but no part of DEBUG DIGEST.
  [[nodiscard]] const Sighting& members() const { return members_; }
  // Slots were being imported: keys in these count here, but not in DEBUG DIGEST, which hides them.
  [[nodiscard]] bool has_slot_import() const { return has_slot_import_; }

 private:
  struct Hashes {
    Hashes(const ContentForm& form, const DigestRules& rules) : content(form), redis(rules) {}
    RecordHash content;
    KeyDigest redis;
  };

  Hashes& hashes(const Header& header);
  [[nodiscard]] DigestRules rules(const Header& header) const;
  [[nodiscard]] ContentForm form() const;
  void add_doubts(const Record& record, const KeyDigest& hash);
  [[nodiscard]] bool is_there(const Record& record, bool is_empty) const;

  DigestOptions options_;
  std::unique_ptr<Hashes> hashes_;
  ContentSums content_;
  std::map<uint64_t, Database> databases_;
  DatasetDigest dataset_;
  Sighting modules_;
  Sighting unsorted_;
  Sighting members_;
  bool has_slot_import_ = false;
};

}  // namespace rdb
