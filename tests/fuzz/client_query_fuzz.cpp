// A client's message on the whole way in: read, refused, answered from the cache, or left to wait and
// answered later. Input: the transport and whether the client may ask, what is in the cache for its question,
// how long it has been there, the message.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/cache/address_pool.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/response_builder.hpp"
#include "pacedns/forward/fast_path.hpp"
#include "pacedns/forward/waiter.hpp"

#include "fuzz/support/fuzz_input.hpp"
#include "fuzz/support/reply_check.hpp"
#include "fuzz/support/require.hpp"
#include "support/cache_messages.hpp"
#include "support/message_builder.hpp"

namespace pacedns {
namespace {

using dns::Rcode;
using test::MessageBuilder;
using test::Octets;
using test::require;

constexpr TimePoint kStart{std::chrono::hours(1)};

/// What is in the cache for the question.
enum class Cached : std::uint8_t { Nothing, Failure, NxDomain, Answer, Pool };
constexpr unsigned kKinds = 5;

struct Setting {
  explicit Setting(test::FuzzInput& input) {
    const std::uint8_t transport = input.octet();
    over_tcp = (transport & 1) != 0;
    allowed = (transport & 2) == 0;
    cached = static_cast<Cached>(input.below(kKinds));
    records = input.octet();
    age = std::chrono::seconds(input.u16());
  }

  bool over_tcp;
  bool allowed;
  Cached cached;
  unsigned records;
  std::chrono::seconds age{};
};

/// `records` addresses, or other RDATA of that size, which begin with `first`.
MessageBuilder answer_to(const dns::Question& question, unsigned records, std::uint8_t first) {
  const Octets name(question.name().begin(), question.name().end());
  const std::size_t size = question.is(dns::RrType::Aaaa) ? 16 : 4;
  MessageBuilder builder(name, question.type, question.rr_class);
  builder.response().add_flags(dns::kAd);
  for (unsigned i = 0; i < records; ++i) {
    Octets rdata(size, static_cast<std::uint8_t>(i));
    rdata.front() = first;
    builder.answer(test::record(test::pointer(), question.type, question.rr_class, 300 + i, rdata));
  }
  return builder;
}

cache::ResponseImage image_for(const cache::CacheKey& key, const dns::Question& question,
                               const Setting& setting) {
  const Octets name(question.name().begin(), question.name().end());
  // No RR of the answer can be an OPT.
  if (setting.cached == Cached::Failure || question.is(dns::RrType::Opt)) {
    return cache::make_failure_image(key.question(), Rcode::ServFail,
                                     dns::ExtendedError::NoReachableAuthority, {});
  }
  if (setting.cached == Cached::NxDomain) {
    MessageBuilder negative(name, question.type, question.rr_class);
    negative.response(Rcode::NxDomain).authority("example. 60 IN SOA ns.example. admin.example. 1 2 3 4 60");
    return cache::make_image(test::Reply(negative).view(), key.question(), {});
  }
  const test::Reply winner(answer_to(question, setting.records, 1));
  const auto image = cache::make_image(winner.view(), key.question(), {});
  auto pool = cache::AddressPool::from_winner(winner.view());
  if (setting.cached != Cached::Pool || !pool) return image;
  static_cast<void>(pool->add(test::Reply(answer_to(question, 30, 2)).view()));
  return pool->merge_into(image, {});
}

/// What the query is refused with, if it is (RFC 1035 §4.1.1, RFC 6891 §6.1.3).
std::optional<Rcode> refusal(const test::Asked& asked, bool allowed) {
  if (!allowed) return Rcode::Refused;
  if (asked.header.opcode() != 0) return Rcode::NotImp;
  if (!asked.view) return Rcode::FormErr;
  if (asked.edns && asked.edns->version > 0) return Rcode::BadVers;
  const dns::Question& question = asked.view->question();
  if (question.rr_class == 3 || question.type == 251 || question.type == 252) return Rcode::Refused;
  return std::nullopt;
}

class Ingress {
 public:
  Ingress(Bytes message, const Setting& setting)
      : message_(message),
        setting_(setting),
        reply_(setting.over_tcp ? 65535 : net::DatagramBatch::kReplySize) {}

  void run() {
    fill_cache();
    const forward::FastPath path(cache_, test::hasher(), counters());
    server::Incoming incoming{.query = message_,
                              .client = {.listener = 0, .session = setting_.over_tcp ? 1U : 0U, .peer = {}},
                              .allowed = setting_.allowed,
                              .reply = reply_,
                              .handled = {}};
    bool missed = false;
    path.handle({&incoming, 1}, kStart + setting_.age,
                [&](server::Incoming& miss, const forward::FastPath::Attempted& attempted) {
                  missed = true;
                  miss.handled = server::Handled::now(answer_later(miss, attempted));
                });
    check(incoming.handled, missed);
  }

 private:
  static metrics::Counters& counters() {
    static metrics::Counters counters;
    return counters;
  }

  void fill_cache() {
    dns::Query query;
    if (setting_.cached == Cached::Nothing) return;
    if (dns::read_query(message_, query) != dns::QueryVerdict::Accept) return;
    const cache::CacheKey key(query.question, query.dnssec_ok(), query.has(dns::kCd), test::hasher());
    cache_.store(key, image_for(key, query.question, setting_), kStart, kStart, 1);
  }

  /// As a flight does that has failed.
  std::size_t answer_later(const server::Incoming& miss, const forward::FastPath::Attempted& attempted) {
    const forward::Waiter waiter(0, miss.client, attempted.query, kStart);
    const auto image = cache::make_failure_image(attempted.key->question(), Rcode::ServFail,
                                                 dns::ExtendedError::NetworkError, {});
    const dns::Query query = waiter.query();
    return dns::write_reply(query, image.view(), 0, forward::reply_limit(query, waiter.client().over_tcp()),
                            miss.reply);
  }

  void check(const server::Handled& handled, bool missed) const {
    const bool is_query = message_.size() >= dns::kHeaderSize && (message_[2] & 0x80) == 0;
    require((handled.when == server::Handled::When::Now) == is_query,
            "every query is answered, and nothing else");
    if (!is_query) return;
    const test::Asked asked(message_);
    const std::size_t limit = setting_.over_tcp ? 65535 : asked.udp_limit();
    require(handled.size <= reply_.size(), "the reply is within its buffer");
    const Bytes reply = Bytes(reply_).first(handled.size);
    // Types that ldns knows may not hold what `answer_to` puts into all of them.
    const bool for_ldns = setting_.cached != Cached::Answer && setting_.cached != Cached::Pool;
    test::check_reply(message_, reply, limit, for_ldns);

    const auto refused = refusal(asked, setting_.allowed);
    require(!refused || !missed, "what is refused is not resolved");
    const auto view = dns::MessageView::parse(reply);
    if (refused && view && view->opt())
      require(view->rcode() == *refused, "it is refused with the right RCODE");
    if (refused) {
      require(dns::Header::read(reply).low_rcode() == (static_cast<unsigned>(*refused) & 15),
              "it is refused with the right RCODE");
    }
  }

  Bytes message_;
  const Setting& setting_;
  Octets reply_;
  cache::MessageCache cache_{cache::kMiB};
};

}  // namespace
}  // namespace pacedns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pacedns;
  test::FuzzInput input(data, size);
  const Setting setting(input);
  const Octets message = test::copy_of(input.rest());
  Ingress(message, setting).run();
  return 0;
}
