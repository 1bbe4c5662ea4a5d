// LZF as RDB strings use it. Grammar, one token:
//   000LLLLL <L+1 literal bytes>
//   LLLooooo [<length byte> if LLL = 7] <low offset byte>   copies LLL + 2 (+ length byte) bytes
//                                                           from offset + 1 back, overlap repeats
// Source: redis 7.2.6 src/lzf_d.c; src/rdb.c, rdbSaveRawString, rdbSaveLzfStringObject; liblzf 3.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "rdb/io/input.h"

namespace rdb {

// Decodes a string that is whole in memory to exactly `size` bytes at `to`.
[[nodiscard]] bool lzf_decode(std::string_view packed, char* to, size_t size);

// Compresses `bytes` to `to`, which has room for as many, by liblzf: servers since 3.2 make the
// same bytes of it. Returns their size; 0 where servers store the string as it is: of up to 20
// bytes, not made at least 4 shorter, or of 4 GiB and more, which liblzf does not take.
[[nodiscard]] size_t lzf_encode(std::string_view bytes, char* to);

// Decodes a string of any size from an Input, a piece at a time, holding one piece and the 8 KiB
// that matches may reach back. After a failure the Input has the error; `inner` is the offset in
// the compressed bytes.
class LzfReader {
 public:
  // `packed` compressed bytes stand at the cursor of `in` and make `size` bytes.
  LzfReader(Input& in, uint64_t packed, uint64_t size);

  // The next piece, at most kPieceBytes, living until the next call; empty after the last. False:
  // the data are damaged or the input failed. After the last piece all `packed` bytes are consumed
  // and the size has been found exact.
  [[nodiscard]] bool next(std::string_view& piece);

 private:
  bool token(char* to);
  bool fail(Code code, Detail numbers);

  Input& in_;
  std::unique_ptr<char[]> buffer_;  // of one size whatever the string
  uint64_t start_;                  // offset in the file of the compressed bytes
  uint64_t packed_;
  uint64_t left_;  // compressed bytes not yet consumed
  uint64_t size_;
  uint64_t produced_ = 0;  // of size_
  uint64_t made_ = 0;      // bytes behind the window, the piece and what is beyond it
  uint64_t given_ = 0;     // size of the piece handed out last
};

}  // namespace rdb
