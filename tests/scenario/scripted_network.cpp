#include "scenario/scripted_network.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/error.hpp>

#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/header.hpp"
#include "pacedns/dns/presentation.hpp"

#include "scenario/script.hpp"

namespace pacedns::scenario {

using test::MessageBuilder;
using test::Octets;
using upstream::ExchangeKey;

class ScriptedNetwork::Transport final : public upstream::Transport {
 public:
  Transport(ScriptedNetwork& network, ScriptedUpstream& upstream, bool tcp)
      : network_(network), upstream_(upstream), tcp_(tcp) {}

  [[nodiscard]] boost::system::result<Ticket> send(const ExchangeKey& key, Bytes query,
                                                   upstream::Spelling spelling, TimePoint now) override {
    return network_.send(upstream_, tcp_, key, query, spelling, now);
  }
  [[nodiscard]] bool connected() const override { return !tcp_ || !upstream_.behaviour.silent_tcp; }
  void cancel(Ticket ticket) override { network_.cancel(ticket); }

 private:
  ScriptedNetwork& network_;
  ScriptedUpstream& upstream_;
  bool tcp_;
};

ScriptedUpstream& ScriptedNetwork::add(ScriptedUpstream upstream) {
  return *upstreams_.emplace_back(std::make_unique<ScriptedUpstream>(std::move(upstream)));
}

ScriptedUpstream& ScriptedNetwork::find(const std::string& name) {
  for (const auto& upstream : upstreams_) {
    if (upstream->name == name) return *upstream;
  }
  throw Failure("there is no upstream `" + name + "`");
}

std::vector<std::string> ScriptedNetwork::names() const {
  std::vector<std::string> names;
  for (const auto& upstream : upstreams_)
    names.push_back(upstream->name);
  return names;
}

// The upstream's place in the list is the last octet of its address.
net::Endpoint ScriptedNetwork::endpoint_of(const std::string& name) const {
  const auto known = names();
  const auto place = static_cast<unsigned>(std::ranges::find(known, name) - known.begin());
  return {boost::asio::ip::address_v4(0xc0000200U | place), 53};
}

std::unique_ptr<upstream::Transport> ScriptedNetwork::make_udp(const net::Endpoint& upstream,
                                                               metrics::UpstreamCounters&) {
  return std::make_unique<Transport>(*this, *upstreams_[upstream.address.to_v4().to_uint() & 0xff], false);
}

std::unique_ptr<upstream::Transport> ScriptedNetwork::make_tcp(const net::Endpoint& upstream,
                                                               metrics::UpstreamCounters&) {
  return std::make_unique<Transport>(*this, *upstreams_[upstream.address.to_v4().to_uint() & 0xff], true);
}

boost::system::result<upstream::Transport::Ticket> ScriptedNetwork::send(ScriptedUpstream& upstream, bool tcp,
                                                                         const ExchangeKey& key, Bytes query,
                                                                         upstream::Spelling spelling,
                                                                         TimePoint now) {
  const auto view = dns::MessageView::parse(query);
  if (!view || !view->header().has(dns::kRd)) throw Failure("a malformed query was sent to " + upstream.name);
  std::string asked = upstream.name;
  if (tcp) asked += "/tcp";
  if (!view->opt()) asked += "/noedns";
  if (view->opt() && dns::Edns::read(*view->opt()).dnssec_ok) asked += "/do";
  if (view->header().has(dns::kCd)) asked += "/cd";
  Behaviour& behaviour = upstream.behaviour;
  if (behaviour.unreachable) {
    told_(asked + "/unreachable");
    return make_error_code(boost::asio::error::network_unreachable);
  }
  told_(asked);
  Exchange exchange{.key = key, .tcp = tcp, .late = behaviour.late};
  exchange.loses_case = behaviour.loses_case && spelling == upstream::Spelling::Random;
  const bool lost = behaviour.loses > 0;
  if (lost) --behaviour.loses;
  if (!lost && !behaviour.silent && !(tcp && behaviour.silent_tcp)) {
    exchange.arrives = now + (tcp ? 2 : 1) * upstream.rtt;
    if (!behaviour.refuses && !(tcp && behaviour.refuses_tcp)) exchange.reply = respond(upstream, tcp, *view);
  }
  exchanges_.emplace(next_ticket_, std::move(exchange));
  return next_ticket_++;
}

Octets ScriptedNetwork::respond(const ScriptedUpstream& upstream, bool tcp, const dns::MessageView& query) {
  const Behaviour& behaviour = upstream.behaviour;
  const auto& question = query.question();
  MessageBuilder reply(Octets(question.name().begin(), question.name().end()), question.type,
                       question.rr_class);
  reply.id(query.header().id).response(behaviour.rcode.value_or(dns::Rcode::NoError));
  if (behaviour.to_edns && query.opt()) {
    reply.response(*behaviour.to_edns);
    const auto upper = static_cast<std::uint8_t>(static_cast<unsigned>(*behaviour.to_edns) >> 4);
    return upper == 0 ? reply.wire() : reply.opt(test::Opt{.upper_rcode = upper}).wire();
  }
  if (behaviour.truncates && !tcp) return reply.add_flags(dns::kTc).opt().wire();
  if (behaviour.rcode) return reply.wire();
  if (behaviour.authenticates) reply.add_flags(dns::kAd);
  const bool dnssec_ok = query.opt() && dns::Edns::read(*query.opt()).dnssec_ok;
  return upstream.data.respond(std::move(reply), dns::name_to_text(question.name()), question.type,
                               dnssec_ok);
}

void ScriptedNetwork::cancel(upstream::Transport::Ticket ticket) {
  const auto found = exchanges_.find(ticket);
  if (found == exchanges_.end()) return;
  found->second.cancelled = true;
  if (!found->second.late || found->second.arrives == kNever) exchanges_.erase(found);
}

TimePoint ScriptedNetwork::next_arrival() const {
  TimePoint next = kNever;
  for (const auto& [ticket, exchange] : exchanges_)
    next = std::min(next, exchange.arrives);
  return next;
}

void ScriptedNetwork::deliver_one(upstream::ExchangeObserver& observer, TimePoint now) {
  const auto due =
      std::ranges::min_element(exchanges_, {}, [](const auto& entry) { return entry.second.arrives; });
  if (due == exchanges_.end() || due->second.arrives > now) return;
  const Exchange exchange = std::move(due->second);
  exchanges_.erase(due);
  if (exchange.loses_case && !exchange.reply.empty()) {
    observer.on_suspicion({exchange.key, upstream::SuspicionReason::LetterCase}, now);
    if (!exchange.tcp) return;
  }
  if (exchange.reply.empty()) {
    observer.on_failure(exchange.key, make_error_code(boost::asio::error::connection_refused), now);
  } else {
    observer.on_reply(exchange.key, dns::MessageView::parse(exchange.reply).value(), now);
  }
}

std::size_t ScriptedNetwork::open_exchanges() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(exchanges_, [](const auto& entry) { return !entry.second.cancelled; }));
}

}  // namespace pacedns::scenario
