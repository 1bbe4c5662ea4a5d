// Lists: nodes of listpacks since RDB 10, of ziplists since 7, before that one ziplist or plain.
// Nodes of the source stay as they are; elements that come without nodes are laid out as
// quicklistPushTail does (valkey 8.0.1 src/quicklist.c). Private to encode*.cc.
#pragma once

#include "rdb/value/encode_parts.h"

namespace rdb {

class ListEncoder : public Sink {
 public:
  explicit ListEncoder(EncodeContext& context) : context_(context), counted_(context) {}

  bool begin(const Type& type, uint64_t count) override;
  bool node(bool is_plain) override;
  bool item(const Text& text) override;
  bool end() override;

 private:
  enum class Form : uint8_t { nodes, filled, ziplist, plain };

  bool fill(const Text& text);
  bool add_to_ziplist(const Text& text);
  bool add_plain(const Text& text);
  bool write_single(const Text& text);
  bool write_long_ziplist(const Text& text);
  void add_to_node(std::string_view element);
  bool flush_node();
  [[nodiscard]] Output& body() { return form_ == Form::nodes ? context_.out : counted_.body(); }

  EncodeContext& context_;
  Counted counted_;
  Form form_ = Form::nodes;
  ListpackBuilder packed_;
  ZiplistBuilder ziplist_;
  bool is_ziplist_source_ = false;  // its long elements stay packed
  bool is_listpack_ = true;         // the nodes are, not ziplists
  bool has_node_ = false;           // packed_ or ziplist_ is the open node
  bool is_plain_node_ = false;      // of the source
  uint64_t count_ = 0;              // nodes written, or elements in plain form
};

}  // namespace rdb
