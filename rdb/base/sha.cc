// OpenSSL's functions of one algorithm each, not EVP: that takes longer to begin than the few bytes
// of an element take to hash.
#include "rdb/base/sha.h"

#define OPENSSL_API_COMPAT 0x10100000L  // they are deprecated from 3.0 on
#include <openssl/sha.h>

#include <new>

namespace rdb {
namespace {

template <typename State>
State* as(std::byte* bytes) {
  return reinterpret_cast<State*>(bytes);
}

}  // namespace

void Sha1::start() {
  static_assert(sizeof(SHA_CTX) == sizeof state_);
  (void)SHA1_Init(new (state_) SHA_CTX);
}

void Sha1::add(std::string_view bytes) {
  (void)SHA1_Update(as<SHA_CTX>(state_), bytes.data(), bytes.size());
}

Sha1Digest Sha1::finish() {
  Sha1Digest out;
  (void)SHA1_Final(out.data(), as<SHA_CTX>(state_));
  return out;
}

Sha256::Sha256() {
  static_assert(sizeof(SHA256_CTX) == sizeof state_);
  (void)SHA256_Init(new (state_) SHA256_CTX);
}

void Sha256::add(std::string_view bytes) {
  (void)SHA256_Update(as<SHA256_CTX>(state_), bytes.data(), bytes.size());
}

Sha256Digest Sha256::finish() {
  Sha256Digest out;
  (void)SHA256_Final(out.data(), as<SHA256_CTX>(state_));
  return out;
}

}  // namespace rdb
