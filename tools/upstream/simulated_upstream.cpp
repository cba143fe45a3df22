#include "upstream/simulated_upstream.hpp"

#include <algorithm>

namespace pacedns::simulator {
namespace {

constexpr std::uint16_t kFormErr = 1;
constexpr std::uint16_t kNxDomain = 3;
constexpr std::uint16_t kNotImp = 4;
constexpr std::uint16_t kBadVers = 16;
constexpr std::uint32_t kMostMutations = 4;
constexpr std::size_t kOptSize = 11;

enum Purpose : std::uint64_t { kLoss = 1, kJitter, kMutate, kForge };

AnswerSource make_source(const RecordSet& zone, const std::vector<Record>& own, std::uint8_t index,
                         bool synthesize) {
  RecordSet records = zone;
  records.override_with(own);
  return {std::move(records), index, synthesize};
}

/// The whole RCODE of a response of ours: an OPT, where there is one, is the last thing in it.
std::uint16_t rcode_of(Bytes wire) {
  std::uint16_t rcode = wire[3] & 0x0f;
  if (read_u16(wire, 10) == 1 && wire.size() >= kHeaderSize + kOptSize) {
    rcode = static_cast<std::uint16_t>(rcode | wire[wire.size() - kOptSize + 5] << 4);
  }
  return rcode;
}

}  // namespace

SimulatedUpstream::SimulatedUpstream(const Script& script, std::size_t index, EventLog& log)
    : script_(script.upstreams.at(index)),
      zone_(script.records.at(script_.zones)),
      index_(static_cast<std::uint8_t>(index)),
      synthesize_(script.synthesize),
      log_(log),
      source_(make_source(zone_, script_.answer, index_, synthesize_)),
      loss_dice_(Dice::derive(script.seed, index, kLoss)),
      jitter_dice_(Dice::derive(script.seed, index, kJitter)),
      mutate_dice_(Dice::derive(script.seed, index, kMutate)),
      forge_dice_(Dice::derive(script.seed, index, kForge)) {
  rebuild_names();
}

void SimulatedUpstream::set(std::string_view key, std::string_view value) {
  apply_setting(script_.behaviour, key, value);
  if (key == "dark") script_.dark.clear();
  rebuild_names();
}

void SimulatedUpstream::set_answer(const std::vector<Record>& records) {
  source_ = make_source(zone_, records, index_, synthesize_);
}

/// What a name does not override it has from the upstream, whose settings may have changed.
void SimulatedUpstream::rebuild_names() {
  for (const auto& [name, settings] : script_.names) {
    Behaviour behaviour = script_.behaviour;
    for (const auto& [key, value] : settings)
      apply_setting(behaviour, key, value);
    names_[name] = behaviour;
  }
}

std::optional<Duration> SimulatedUpstream::handle(Bytes wire, Transport transport, const net::Endpoint& peer,
                                                  TimePoint now, Reply& reply) {
  read_query(wire, query_);
  ++(transport == Transport::Udp ? udp_count_ : tcp_count_);
  describe(transport, peer, reply.subject);
  if (log_.enabled()) log_query(wire, reply.subject, now);

  if (transport == Transport::Udp && query_.status == QueryStatus::Good) {
    last_query_.assign(wire.begin(), wire.end());
    last_peer_ = peer;
  }
  const Behaviour& behaviour = behaviour_for_query();
  const std::string_view reason = drop_reason(behaviour, transport, now);
  if (!reason.empty()) {
    note_dropped(reply.subject, reason, now);
    return std::nullopt;
  }
  reply.forged = false;
  reply.copies = behaviour.duplicate;
  write(behaviour, transport, reply.octets);
  if (behaviour.mutate > 0 && mutate_dice_.share() < behaviour.mutate) mutate(reply.octets);

  if (behaviour.jitter == Duration::zero()) return behaviour.delay;
  const double offset = (jitter_dice_.share() * 2 - 1) * static_cast<double>(behaviour.jitter.count());
  return std::max(Duration::zero(), behaviour.delay + Duration(static_cast<Duration::rep>(offset)));
}

void SimulatedUpstream::describe(Transport transport, const net::Endpoint& peer, Subject& subject) const {
  subject.transport = transport;
  subject.peer = peer;
  subject.id = query_.id;
  subject.qtype = query_.qtype;
  subject.qname.clear();
  if (!log_.enabled() || query_.question.empty()) return;
  const Bytes name = query_.question.first(query_.canonical_size);
  subject.qname.assign(name.begin(), name.end());
}

void SimulatedUpstream::log_query(Bytes wire, const Subject& subject, TimePoint now) {
  Event event;
  event.time = now;
  event.kind = query_.status == QueryStatus::Good ? EventKind::Query : EventKind::Malformed;
  event.upstream = &script_.name;
  event.subject = subject;
  if (query_.has_opt) event.edns_size = query_.udp_size;
  event.dnssec_ok = query_.dnssec_ok;
  event.checking_disabled = query_.checking_disabled();
  event.size = wire.size();
  log_.add(std::move(event));
}

const Behaviour& SimulatedUpstream::behaviour_for_query() const {
  if (names_.empty() || query_.status != QueryStatus::Good) return script_.behaviour;
  const auto found = names_.find(query_.canonical_name());
  return found == names_.end() ? script_.behaviour : found->second;
}

/// Empty when the query is to be answered. Every UDP query takes one number from the loss sequence, so that
/// the n-th query meets the same fate in every run, whatever else is set.
std::string_view SimulatedUpstream::drop_reason(const Behaviour& behaviour, Transport transport,
                                                TimePoint now) {
  const bool lost = transport == Transport::Udp && loss_dice_.share() < behaviour.loss;
  const auto since_start = now - start_;
  const auto covers = [&](const Period& dark) { return since_start >= dark.from && since_start < dark.to; };
  if (query_.status == QueryStatus::Ignored) return "malformed";
  if (behaviour.dark || std::any_of(script_.dark.begin(), script_.dark.end(), covers)) return "dark";
  if (lost) return "loss";
  if (transport == Transport::Tcp && behaviour.tcp == TcpMode::Silent) return "silent";
  if (transport == Transport::Tcp && behaviour.tcp == TcpMode::Close) return "close";
  return {};
}

void SimulatedUpstream::write(const Behaviour& behaviour, Transport transport,
                              std::vector<std::uint8_t>& out) {
  if (query_.status != QueryStatus::Good) {
    const std::uint16_t rcode = query_.status == QueryStatus::Malformed ? kFormErr : kNotImp;
    return write_header_only(query_, rcode, behaviour, out);
  }
  if (query_.has_opt && behaviour.edns == EdnsMode::FormErr) {
    return write_header_only(query_, kFormErr, behaviour, out);
  }
  if (behaviour.edns == EdnsMode::Ignore) {
    query_.has_opt = false;
    query_.dnssec_ok = false;
  }
  const AnswerOptions options{behaviour.ttl, behaviour.soa, behaviour.question != QuestionMode::None};
  if (query_.has_opt && (behaviour.edns == EdnsMode::BadVers || query_.edns_version > 0)) {
    write_reply(query_, Answer{kBadVers, 0, 0, {}}, behaviour, transport, out);
  } else if (behaviour.rcode == kNxDomain) {
    write_reply(query_, source_.name_error(query_, options), behaviour, transport, out);
  } else if (behaviour.rcode != 0) {
    write_reply(query_, Answer{behaviour.rcode, 0, 0, {}}, behaviour, transport, out);
  } else {
    write_reply(query_, source_.find(query_, options), behaviour, transport, out);
  }
}

void SimulatedUpstream::mutate(std::vector<std::uint8_t>& octets) {
  const std::uint32_t count = 1 + mutate_dice_.below(kMostMutations);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t at = mutate_dice_.below(static_cast<std::uint32_t>(octets.size()));
    octets[at] = static_cast<std::uint8_t>(octets[at] ^ (1 + mutate_dice_.below(255)));
  }
}

bool SimulatedUpstream::forge(ForgedId mode, std::uint32_t number, Reply& reply) {
  if (last_query_.empty()) return false;
  read_query(last_query_, query_);
  describe(Transport::Udp, last_peer_, reply.subject);
  auto id = static_cast<std::uint16_t>(forge_dice_.next());
  if (mode == ForgedId::Right) id = query_.id;
  if (mode == ForgedId::Sequential) id = static_cast<std::uint16_t>(query_.id + 1 + number);
  while (mode == ForgedId::Wrong && id == query_.id)
    id = static_cast<std::uint16_t>(forge_dice_.next());
  reply.copies = 1;
  reply.forged = true;
  reply.subject.id = id;
  write_forged(query_, id, reply.octets);
  return true;
}

void SimulatedUpstream::note_sent(const Reply& reply, TimePoint now) {
  if (!log_.enabled() || reply.octets.size() < kHeaderSize) return;
  Event event;
  event.time = now;
  event.kind = reply.forged ? EventKind::Forged : EventKind::Reply;
  event.upstream = &script_.name;
  event.subject = reply.subject;
  event.rcode = rcode_of(reply.octets);
  event.answers = read_u16(reply.octets, 6);
  event.truncated = (read_u16(reply.octets, 2) & kFlagTc) != 0;
  event.size = reply.octets.size();
  log_.add(std::move(event));
}

void SimulatedUpstream::note_dropped(const Subject& subject, std::string_view reason, TimePoint now) {
  if (!log_.enabled()) return;
  Event event;
  event.time = now;
  event.kind = EventKind::Dropped;
  event.upstream = &script_.name;
  event.subject = subject;
  event.reason = reason;
  log_.add(std::move(event));
}

}  // namespace pacedns::simulator
