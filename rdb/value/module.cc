// Module values: <length id> (<length opcode> <payload>)* 0, the payload by opcode
//   1, 2 <length>   3 <f32le>   4 <f64le>   5 <str>
// so that they can be walked without the module. The form of the 4.0 release candidates has no
// opcodes and cannot be. Source: redis 7.2.6 src/module.c, moduleTypeEncodeId; src/rdb.c,
// rdbLoadCheckModuleValue.
#include "rdb/codec/real.h"
#include "rdb/value/decode.h"

namespace rdb {
namespace {

bool decode_real(Decoding& d, ModuleOpcode opcode) {
  double value = 0;
  const bool read =
      opcode == ModuleOpcode::real32 ? read_float(d.in, value) : read_double(d.in, value);
  return read && (d.sink == nullptr || d.sink->module_real(opcode, value));
}

bool decode_integer(Decoding& d, ModuleOpcode opcode) {
  uint64_t value = 0;
  return read_length(d.in, value) && (d.sink == nullptr || d.sink->module_integer(opcode, value));
}

bool decode_module_string(Decoding& d) {
  if (d.sink == nullptr) return d.strings.skip();
  return d.strings.pass([&](const Text& text) { return d.sink->module_string(text); });
}

// The items up to and with opcode 0.
bool decode_module_items(Decoding& d) {
  for (;;) {
    const uint64_t at = d.in.pos();
    uint64_t opcode = 0;
    if (!read_length(d.in, opcode)) return false;
    constexpr auto kLast = static_cast<uint64_t>(ModuleOpcode::string);
    if (opcode == 0) return true;
    if (opcode > kLast) return d.in.fail(Code::module_opcode, at, {opcode, kLast});
    d.in.tally.count(static_cast<Form>(static_cast<uint64_t>(Form::module_int) + opcode - 1));
    const auto known = static_cast<ModuleOpcode>(opcode);
    switch (known) {
      case ModuleOpcode::string:
        if (!decode_module_string(d)) return false;
        break;
      case ModuleOpcode::real32:
      case ModuleOpcode::real64:
        if (!decode_real(d, known)) return false;
        break;
      default:
        if (!decode_integer(d, known)) return false;
    }
  }
}

}  // namespace

std::string ModuleId::name() const {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  for (int shift = 58; shift >= 10; shift -= 6) out += kAlphabet[(id >> shift) & 63];
  return out;
}

bool decode_module_aux(Decoding& d) {
  if (d.sink == nullptr) return decode_module_items(d);
  return d.sink->begin(d.type, 0) && decode_module_items(d) && d.sink->end();
}

bool decode_module(Decoding& d) {
  ModuleId module;
  if (!read_length(d.in, module.id)) return false;
  if (d.sink == nullptr) return decode_module_items(d);
  return d.sink->begin(d.type, 0) && d.sink->module(module) && decode_module_items(d) &&
         d.sink->end();
}

}  // namespace rdb
