#pragma once

#include <cstdint>

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/random.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/metrics/counters.hpp"

namespace pacedns::upstream {

/// Which question an exchange belongs to, in its owner's terms; transports only give it back.
struct ExchangeKey {
  std::uint64_t flight = 0;
  std::uint16_t position = 0;
  std::uint16_t transmission = 0;
};

/// How the name of a question is spelled on its way to the upstream.
enum class Spelling : std::uint8_t {
  AsIs,
  Random,  ///< in a letter case that a reply has to have too
};

/// What makes a reply look forged that all but matched.
enum class SuspicionReason : std::uint8_t {
  LetterCase,  ///< ID and question are right, but for the letter case
  NearMisses,  ///< many came with the right question and wrong IDs
};

struct Suspicion {
  ExchangeKey key;
  SuspicionReason reason;
};

/// Hears how exchanges end. Each exchange that was sent ends in exactly one of these calls or in `cancel`.
class ExchangeObserver {
 public:
  virtual ~ExchangeObserver() = default;

  /// A reply that matches: peer, ID, and the whole question. It is valid during the call.
  virtual void on_reply(const ExchangeKey& key, const dns::MessageView& reply, TimePoint now) = 0;

  /// Somebody may be forging replies to this exchange, which goes on. Over TCP, where nobody can, it is the
  /// letter case, and means that this upstream does not keep it; the reply follows.
  virtual void on_suspicion(const Suspicion& suspicion, TimePoint now) = 0;

  /// The network or the upstream refused.
  virtual void on_failure(const ExchangeKey& key, boost::system::error_code error, TimePoint now) = 0;
};

/// What all transports of one worker share.
struct TransportContext {
  boost::asio::io_context& io;
  Random& random;
  metrics::Counters& counters;
  ExchangeObserver& observer;
};

/// Carries queries to one upstream over one protocol and matches the replies. Belongs to one worker.
class Transport {
 public:
  /// Names an exchange that is under way.
  using Ticket = std::uint64_t;

  virtual ~Transport() = default;

  /// Sends `query`, whose question is in lower case and whose ID is replaced by a random one. The octets of
  /// its question must stay where they are until the exchange is over. Never calls the observer before it
  /// returns.
  [[nodiscard]] virtual boost::system::result<Ticket> send(const ExchangeKey& key, Bytes query,
                                                           Spelling spelling, TimePoint now) = 0;

  /// Whether the upstream is known to be there over this protocol: over TCP, while there is a connection.
  [[nodiscard]] virtual bool connected() const { return true; }

  /// Nobody waits for this exchange any more. Does nothing if it is over.
  virtual void cancel(Ticket ticket) = 0;
};

}  // namespace pacedns::upstream
