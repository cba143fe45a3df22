#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pacedns/base/bytes.hpp"

namespace pacedns::dns {

/// Cuts a TCP stream into messages, each behind a length of two octets (RFC 1035 §4.2.2), however the
/// stream is split. Octets are read straight into its buffer:
///
///     const auto space = framer.space();
///     framer.commit(read(fd, space.data(), space.size()));
///     while (const auto message = framer.next()) …
///
/// The buffer grows to the message that is being read and never beyond two octets and 65,535.
class StreamFramer {
 public:
  StreamFramer() : buffer_(kInitialSize) {}

  /// Room for octets from the stream; never empty once `next` has returned nothing. Invalidates messages
  /// that `next` returned.
  [[nodiscard]] MutableBytes space();

  /// The first `size` octets of `space()` have been filled.
  void commit(std::size_t size) { end_ += size; }

  /// The next whole message, valid until `space()` is called; nothing if it is not all there yet.
  [[nodiscard]] std::optional<Bytes> next();

  /// Whether the stream stands in the middle of a message.
  [[nodiscard]] bool inside_message() const { return begin_ != end_; }

 private:
  static constexpr std::size_t kInitialSize = 512;

  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace pacedns::dns
