#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pacedns/base/bytes.hpp"

namespace pacedns::server {

/// Replies that one client has yet to take from its TCP stream, each behind a length of two octets
/// (RFC 1035 §4.2.2), in one piece:
///
///     replies.push(reply);
///     replies.taken(write(fd, replies.octets().data(), replies.octets().size()));
///
/// It does not bound itself; its owner does, by `count()` and `octets()`. Memory is kept for those to come,
/// but not what a burst has needed.
class OutgoingReplies {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }

  /// Replies that have not been taken to the end.
  [[nodiscard]] std::size_t count() const { return count_; }

  /// What has not been taken. Valid until the next `push` or `taken`.
  [[nodiscard]] Bytes octets() const { return Bytes(buffer_).subspan(begin_); }

  /// Appends a reply of 65,535 octets at the most.
  void push(Bytes reply);

  /// The first `size` of `octets()` have been taken.
  void taken(std::size_t size);

 private:
  static constexpr std::size_t kKeptCapacity = std::size_t{16} << 10;

  void drop_taken();
  void clear();

  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;  // of what has not been taken
  std::size_t frame_ = 0;  // of the first reply that has not been taken to the end
  std::size_t count_ = 0;
};

}  // namespace pacedns::server
