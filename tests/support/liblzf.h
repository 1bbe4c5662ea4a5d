// liblzf, whose verdicts and bytes our own decoders are held against.
#pragma once

#include <cstddef>
#include <string_view>

#include <lzf.h>

namespace rdb {

// As lzf_decode(). liblzf 3.6 answers 0 for damage, and looks at the first byte even if there is
// none.
inline bool liblzf_decode(std::string_view packed, char* to, size_t size) {
  if (size == 0 || packed.empty()) return size == packed.size();
  return lzf_decompress(packed.data(), static_cast<unsigned>(packed.size()), to,
                        static_cast<unsigned>(size)) == size;
}

}  // namespace rdb
