#pragma once

// One upstream without its sockets: which queries it answers, with what, and after how long. Time comes in
// as an argument and all randomness from the script's seed, so a test can replay it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "upstream/answer_source.hpp"
#include "upstream/dice.hpp"
#include "upstream/event_log.hpp"
#include "upstream/script.hpp"

namespace pacedns::simulator {

/// A response on its way out, and what the log and the server need to know about it.
struct Reply {
  Subject subject;
  /// Which TCP connection it belongs to.
  std::uint64_t session = 0;
  unsigned copies = 1;
  bool forged = false;
  std::vector<std::uint8_t> octets;
};

/// Which IDs forged replies carry, in terms of the query they are for.
enum class ForgedId : std::uint8_t { Random, Wrong, Right, Sequential };

class SimulatedUpstream {
 public:
  /// `log` outlives this object.
  SimulatedUpstream(const Script& script, std::size_t index, EventLog& log);

  SimulatedUpstream(const SimulatedUpstream&) = delete;
  SimulatedUpstream& operator=(const SimulatedUpstream&) = delete;

  /// Dark periods count from here.
  void start(TimePoint now) { start_ = now; }

  /// Changes one setting. `dark` overrides the script's periods for good. Throws ValueError.
  void set(std::string_view key, std::string_view value);

  /// Replaces the upstream's own records. What `zones` has stays underneath.
  void set_answer(const std::vector<Record>& records);

  /// Takes a query and fills `reply` for it. The delay after which it is due, or nothing when the query is to
  /// stay without a reply.
  [[nodiscard]] std::optional<Duration> handle(Bytes wire, Transport transport, const net::Endpoint& peer,
                                               TimePoint now, Reply& reply);

  /// Fills `reply` with a forged one for the latest UDP query; `number` counts the forgeries for it from 0.
  /// False when no query has come yet.
  [[nodiscard]] bool forge(ForgedId mode, std::uint32_t number, Reply& reply);

  /// Notes that a reply was sent, or why it was not.
  void note_sent(const Reply& reply, TimePoint now);
  void note_dropped(const Subject& subject, std::string_view reason, TimePoint now);

  [[nodiscard]] const std::string& name() const { return script_.name; }
  [[nodiscard]] const Behaviour& behaviour() const { return script_.behaviour; }
  [[nodiscard]] std::uint64_t udp_count() const { return udp_count_; }
  [[nodiscard]] std::uint64_t tcp_count() const { return tcp_count_; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void rebuild_names();
  void describe(Transport transport, const net::Endpoint& peer, Subject& subject) const;
  void log_query(Bytes wire, const Subject& subject, TimePoint now);
  [[nodiscard]] const Behaviour& behaviour_for_query() const;
  [[nodiscard]] std::string_view drop_reason(const Behaviour& behaviour, Transport transport, TimePoint now);
  void write(const Behaviour& behaviour, Transport transport, std::vector<std::uint8_t>& out);
  void mutate(std::vector<std::uint8_t>& octets);

  UpstreamScript script_;
  RecordSet zone_;
  std::uint8_t index_;
  bool synthesize_;
  EventLog& log_;
  TimePoint start_{};
  AnswerSource source_;
  std::unordered_map<std::string, Behaviour, Hash, std::equal_to<>> names_;

  Dice loss_dice_;
  Dice jitter_dice_;
  Dice mutate_dice_;
  Dice forge_dice_;

  Query query_;
  std::vector<std::uint8_t> last_query_;
  net::Endpoint last_peer_;
  std::uint64_t udp_count_ = 0;
  std::uint64_t tcp_count_ = 0;
};

}  // namespace pacedns::simulator
