#include "rdb/value/encode.h"

#include "rdb/codec/real.h"
#include "rdb/value/encode_hash.h"
#include "rdb/value/encode_list.h"
#include "rdb/value/encode_parts.h"
#include "rdb/value/encode_set.h"
#include "rdb/value/encode_stream.h"
#include "rdb/value/encode_zset.h"

namespace rdb {
namespace {

class StringEncoder : public Sink {
 public:
  explicit StringEncoder(EncodeContext& context) : context_(context) {}
  bool begin(const Type&, uint64_t) override { return context_.begin(kString); }
  bool item(const Text& text) override { return context_.text(context_.out, text); }

 private:
  EncodeContext& context_;
};

// Module data has one form.
class ModuleEncoder : public Sink {
 public:
  explicit ModuleEncoder(EncodeContext& context) : context_(context) {}

  bool module(const ModuleId& id) override {
    return context_.begin(kModule) && write_length(context_.out, id.id);
  }
  bool module_integer(ModuleOpcode opcode, uint64_t v) override {
    return put(opcode) && write_length(context_.out, v);
  }
  bool module_real(ModuleOpcode opcode, double v) override {
    if (!put(opcode)) return false;
    if (opcode == ModuleOpcode::real64) return write_binary_double(context_.out, v);
    return context_.out.le(std::bit_cast<uint32_t>(static_cast<float>(v)));
  }
  bool module_string(const Text& text) override {
    return (!text.is_first() || put(ModuleOpcode::string)) && context_.text(context_.out, text);
  }
  bool end() override { return put(ModuleOpcode::end); }

 private:
  bool put(ModuleOpcode opcode) {
    return write_length(context_.out, static_cast<uint64_t>(opcode));
  }

  EncodeContext& context_;
};

// An encoder that notes where a value begins and ends.
template <typename Base>
class Closing : public Base {
 public:
  explicit Closing(EncodeContext& context) : Base(context), context_(context) {}
  bool begin(const Type& type, uint64_t count) override {
    context_.is_open = true;
    return Base::begin(type, count);
  }
  bool end() override {
    if (!Base::end()) return false;
    context_.is_open = false;
    return true;
  }

 private:
  EncodeContext& context_;
};

}  // namespace

struct Encoder::Parts {
  EncodeOptions options;
  EncodeContext context;
  Closing<StringEncoder> string;
  Closing<ListEncoder> list;
  Closing<SetEncoder> set;
  Closing<ZsetEncoder> zset;
  Closing<HashEncoder> hash;
  Closing<StreamEncoder> stream;
  Closing<ModuleEncoder> module;

  Parts(Output& out, ValueStart& start, const EncodeOptions& wanted)
      : options(wanted),
        context{out, start, options},
        string(context),
        list(context),
        set(context),
        zset(context),
        hash(context),
        stream(context),
        module(context) {}
};

Encoder::Encoder(Output& out, ValueStart& start, const EncodeOptions& options)
    : parts_(std::make_unique<Parts>(out, start, options)) {}

Encoder::~Encoder() = default;

bool Encoder::can_encode(const Type& type, unsigned version) {
  if (type.decode == nullptr || type.dialect == Dialect::redis_ce) return false;
  if (type.kind == Kind::module) return version >= kHasLongLengths;
  return type.kind != Kind::stream || version >= kHasStreams;
}

Sink& Encoder::sink(const Type& type) {
  is_used_ = true;
  switch (type.kind) {
    case Kind::list:
      return parts_->list;
    case Kind::set:
      return parts_->set;
    case Kind::zset:
      return parts_->zset;
    case Kind::hash:
      return parts_->hash;
    case Kind::stream:
      return parts_->stream;
    case Kind::module:
      return parts_->module;
    case Kind::string:
      break;
  }
  return parts_->string;
}

void Encoder::trim() {
  if (!is_used_) return;
  EncodeContext& context = parts_->context;
  auto fresh = std::make_unique<Parts>(context.out, context.start, parts_->options);
  fresh->context.losses = context.losses;
  fresh->context.error = context.error;
  parts_ = std::move(fresh);
  is_used_ = false;
}

bool Encoder::is_open() const { return parts_->context.is_open; }

const EncodeLosses& Encoder::losses() const { return parts_->context.losses; }

const Error& Encoder::error() const {
  const EncodeContext& context = parts_->context;
  return context.error.ok() && context.held != nullptr ? context.held->error() : context.error;
}

}  // namespace rdb
