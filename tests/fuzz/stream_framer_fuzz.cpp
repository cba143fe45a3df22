// A TCP stream in any pieces: the messages that come out are those that went in. Input: the sizes of the
// pieces as a message of one octet each, how the stream is made, and the stream: as it is, or made of
// messages whose lengths the input says, so that long ones take few octets.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pacedns/dns/stream_framer.hpp"
#include "pacedns/dns/wire.hpp"

#include "fuzz/support/fuzz_input.hpp"
#include "fuzz/support/require.hpp"

namespace pacedns {
namespace {

using test::FuzzInput;
using test::require;
using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kPrefixSize = 2;
constexpr std::size_t kMaxMessages = 8;
constexpr std::size_t kMaxPieces = 1024;  // about; a long stream in single octets would take seconds

Octets made_of_lengths(FuzzInput& input) {
  Octets stream;
  for (std::size_t i = 0; i < kMaxMessages && !input.empty(); ++i) {
    const std::uint16_t length = input.u16();
    stream.insert(stream.end(), {static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)});
    for (unsigned octet = 0; octet < length; ++octet)
      stream.push_back(static_cast<std::uint8_t>(octet * 31 + i));
  }
  return stream;
}

/// The whole messages of a stream (RFC 1035 §4.2.2); what is left of it stays in `stream`.
std::vector<Octets> messages_of(Bytes& stream) {
  std::vector<Octets> messages;
  while (stream.size() >= kPrefixSize && stream.size() - kPrefixSize >= dns::load_u16(stream, 0)) {
    const Bytes message = stream.subspan(kPrefixSize, dns::load_u16(stream, 0));
    messages.emplace_back(message.begin(), message.end());
    stream = stream.subspan(kPrefixSize + message.size());
  }
  return messages;
}

std::vector<Octets> framed(dns::StreamFramer& framer, Bytes stream, Bytes pieces) {
  std::vector<Octets> messages;
  const std::size_t least = stream.size() / kMaxPieces;
  for (std::size_t piece = 0; !stream.empty(); ++piece) {
    const MutableBytes space = framer.space();
    require(!space.empty(), "there is room after the last message was taken");
    require(space.size() <= kPrefixSize + 65535, "the buffer is never larger than a message can be");
    // 0 stands for all that there is room for.
    const std::size_t told = pieces.empty() ? 0 : pieces[piece % pieces.size()];
    const std::size_t wanted = told == 0 ? space.size() : std::max(told, least);
    const std::size_t size = std::min({wanted, space.size(), stream.size()});
    copy_octets(stream.first(size), space.data());
    framer.commit(size);
    stream = stream.subspan(size);
    while (const auto message = framer.next())
      messages.emplace_back(message->begin(), message->end());
  }
  return messages;
}

}  // namespace
}  // namespace pacedns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pacedns;
  FuzzInput input(data, size);
  const Bytes pieces = input.message();
  const bool from_lengths = (input.octet() & 1) != 0;
  const Octets stream = from_lengths ? made_of_lengths(input) : test::copy_of(input.rest());

  Bytes left = stream;
  const std::vector<Octets> expected = messages_of(left);
  dns::StreamFramer framer;
  require(framed(framer, stream, pieces) == expected, "the messages that come out are those that went in");
  require(framer.inside_message() == !left.empty(), "whether a message is still to come is known");
  return 0;
}
