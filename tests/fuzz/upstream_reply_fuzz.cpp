// What upstreams reply, on the whole way to clients: matched, judged, merged, cached, and written for clients
// with different limits. Input: how the query was sent, the TTL limits, the age, a client, and the replies,
// each behind its length: that of the winner, then those of others.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pacedns/cache/address_pool.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/query_builder.hpp"
#include "pacedns/plan/response_verdict.hpp"
#include "pacedns/upstream/message_id_table.hpp"

#include "fuzz/support/fuzz_input.hpp"
#include "fuzz/support/image_check.hpp"
#include "fuzz/support/made_messages.hpp"
#include "fuzz/support/require.hpp"
#include "support/cache_messages.hpp"

namespace pacedns {
namespace {

using cache::ResponseImage;
using cache::TtlLimits;
using dns::MessageView;
using plan::ResponseVerdict;
using std::chrono::seconds;
using test::FuzzInput;
using test::Octets;
using test::require;

constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr std::size_t kMaxReplies = 8;

TtlLimits ttl_limits(unsigned choice) {
  static constexpr std::array kLimits{TtlLimits{},
                                      TtlLimits{seconds(3600), seconds(3600), seconds(0), seconds(1)},
                                      TtlLimits{seconds(0), seconds(1), seconds(86400), seconds(300)},
                                      TtlLimits{seconds(60), seconds(604800), seconds(86400), seconds(5)}};
  return kLimits[choice % kLimits.size()];
}

struct Setting {
  explicit Setting(FuzzInput& input) {
    const std::uint8_t choices = input.octet();
    with_edns = (choices & 1) != 0;
    over_tcp = (choices & 2) != 0;
    dnssec_ok = (choices & 4) != 0;
    checking_disabled = (choices & 8) != 0;
    other_id = (choices & 0xf0) == 0xf0;
    limits = ttl_limits(input.octet());
    age = input.u16();
    more_records = input.octet();
    rdata_size = input.octet();
  }

  bool with_edns;
  bool over_tcp;
  bool dnssec_ok;
  bool checking_disabled;
  bool other_id;
  TtlLimits limits;
  std::uint32_t age;
  unsigned more_records;
  unsigned rdata_size;  // of those; 0 for more addresses
};

/// The question that a reply has, or any.
Octets question_of(Bytes reply) {
  const auto question = reply.size() < dns::kHeaderSize ? std::nullopt : dns::read_question(reply);
  if (question) return {question->wire.begin(), question->wire.end()};
  return test::join({test::name("www.example."), test::u16(1), test::u16(1)});
}

/// A flight with one query under way, to the reply of which the others are added.
class Flight {
 public:
  Flight(const Octets& question, const Setting& setting)
      : setting_(setting),
        question_(question),
        key_({question_, dns::load_u16(question_, question_.size() - 4),
              dns::load_u16(question_, question_.size() - 2)},
             setting.dnssec_ok, setting.checking_disabled, test::hasher()) {}

  [[nodiscard]] const cache::CacheKey& key() const { return key_; }

  /// Calls `use(const MessageView&)` if the octets are taken for the reply to our query.
  template <typename Use>
  void receive(Octets reply, Use&& use) {
    static Random random;
    const auto query = dns::build_query({key_.question(), setting_.checking_disabled, setting_.dnssec_ok},
                                        setting_.with_edns);
    upstream::MessageIdTable table;
    dns::UpstreamQuery copy = query;
    const std::uint16_t id = table.add({.flight = 7}, query, upstream::Spelling::AsIs, random, copy);
    if (reply.size() >= 2 && !setting_.other_id) dns::store_u16(reply, 0, id);
    std::optional<MessageView> view;
    const auto matched = table.match(reply, view);
    require(matched.has_value() == table.empty(), "a query that was answered is over, and no other");
    if (!matched) {
      require(!table.suspect(reply),
              "one message is neither many nor in a letter case that we have not chosen");
      return;
    }
    require(matched->flight == 7 && view.has_value(), "it is known whose the reply is");
    const dns::Header header = dns::Header::read(reply);
    require(header.id == id && header.has(dns::kQr) && header.opcode() == 0,
            "what matches is a response to us");
    require(dns::equal_ignoring_case(view->question().wire.first(view->question().wire.size() - 4),
                                     key_.question().first(key_.question().size() - 4)),
            "what matches has our question");
    use(*view);
  }

 private:
  const Setting& setting_;
  Octets question_;
  cache::CacheKey key_;
};

/// All that clients may see of an image: now and later, over UDP and TCP.
void check_clients(const cache::CacheKey& key, const ResponseImage& image, const Setting& setting,
                   FuzzInput client) {
  test::check_image(image, key.question(), setting.limits);
  const Octets query = test::client_query(client, key.question());
  const test::Asked asked(query);
  for (const std::size_t limit : {asked.udp_limit(), std::size_t{1232}, std::size_t{65535}})
    test::check_served(query, image.view(), 0, limit);

  cache::MessageCache cache(cache::kMiB);
  cache.store(key, image, kStart, kStart, 1);
  const bool found =
      cache.find(key, kStart + seconds(setting.age), [&](const dns::ImageView& kept, std::uint32_t age) {
        require(age == setting.age, "the age is the time since the image was stored");
        test::check_served(query, kept, age, asked.udp_limit());
      });
  require(found == (setting.age < image.lifetime), "an image is found as long as it may be kept");
}

/// The others' addresses are new ones for their owner, and not the unspecified one.
void check_additions(const MessageView& merged, std::size_t short_answers) {
  struct Address {
    std::optional<dns::Name> owner;
    Bytes rdata;
  };
  std::vector<Address> addresses;
  auto records = merged.records();
  for (std::size_t index = 0; const auto record = records.next(); ++index) {
    if (record->type != merged.question().type || record->rr_class != merged.question().rr_class) continue;
    const Address address{dns::Name::read(merged.wire(), record->owner_offset), record->rdata};
    if (index >= short_answers) {
      require(std::ranges::any_of(address.rdata, [](std::uint8_t octet) { return octet != 0; }),
              "nobody's address is unspecified");
      require(std::ranges::none_of(addresses,
                                   [&](const Address& known) {
                                     return known.owner == address.owner &&
                                            std::ranges::equal(known.rdata, address.rdata);
                                   }),
              "an address that is there is not added");
    }
    addresses.push_back(address);
  }
}

/// The winner's answer comes first and can stand alone; the others' addresses follow, as many as may be.
void check_merged(const ResponseImage& merged, const ResponseImage& winner, const cache::AddressPool& pool) {
  const auto view = MessageView::parse(merged.wire);
  const auto alone = MessageView::parse(winner.wire);
  require(merged.wire.size() <= 65535, "a message has at most 65,535 octets");
  require(merged.short_answers == alone->header().answer_count, "the winner's answer is all there");
  require(view->header().answer_count <= merged.short_answers + pool.additions(), "no more than was added");
  require(pool.additions() <= cache::kMaxPoolSize, "a pool has a limit");
  require(merged.lifetime <= winner.lifetime, "the pool does not outlive the winner");
  check_additions(*view, merged.short_answers);
  Octets shorter(merged.wire.begin(), merged.wire.begin() + merged.short_size);
  dns::store_u16(shorter, 6, merged.short_answers);
  const auto own = MessageView::parse(shorter);
  require(own && own->wire().size() == shorter.size(), "the winner's answer can stand alone");
}

void resolve(Flight& flight, const std::vector<Octets>& replies, const Setting& setting,
             const FuzzInput& client) {
  std::optional<ResponseImage> answer;
  std::optional<cache::AddressPool> pool;
  flight.receive(replies.front(), [&](const MessageView& reply) {
    const ResponseVerdict verdict = plan::judge(reply, setting.with_edns, setting.over_tcp);
    if (verdict == ResponseVerdict::Failure) {
      answer = cache::make_failure_image(flight.key().question(), reply.rcode(), dns::ExtendedError::None,
                                         setting.limits);
    }
    if (verdict != ResponseVerdict::Usable) return;
    answer = cache::make_image(reply, flight.key().question(), setting.limits);
    require(answer->negative == cache::is_negative(reply), "what is negative is said to be");
    pool = cache::AddressPool::from_winner(reply);
  });
  if (!answer) return;
  check_clients(flight.key(), *answer, setting, client);
  if (!pool) return;
  for (std::size_t i = 1; i < replies.size(); ++i) {
    flight.receive(replies[i], [&](const MessageView& reply) {
      if (plan::judge(reply, setting.with_edns, setting.over_tcp) == ResponseVerdict::Usable)
        static_cast<void>(pool->add(reply));
    });
  }
  const ResponseImage merged = pool->merge_into(*answer, setting.limits);
  check_merged(merged, *answer, *pool);
  check_clients(flight.key(), merged, setting, client);
}

/// The winner's reply is made longer where the setting says so: near the greatest size things are different.
Octets made_longer(const MessageView& reply, const Setting& setting) {
  constexpr std::uint16_t kPrivateType = 65280;
  const dns::Question& question = reply.question();
  if (setting.rdata_size > 0)
    return test::stretched(reply, kPrivateType, setting.more_records, setting.rdata_size);
  return test::stretched(reply, question.type, setting.more_records, question.is(dns::RrType::Aaaa) ? 16 : 4);
}

std::vector<Octets> replies_of(FuzzInput& input, const Setting& setting) {
  std::vector<Octets> replies{test::copy_of(input.message())};
  const auto winner = MessageView::parse(replies.front());
  if (winner && setting.more_records > 0) replies.front() = test::copy_of(made_longer(*winner, setting));
  while (!input.empty() && replies.size() < kMaxReplies)
    replies.push_back(test::copy_of(input.message()));
  return replies;
}

}  // namespace
}  // namespace pacedns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pacedns;
  FuzzInput input(data, size);
  const Setting setting(input);
  const FuzzInput client = input;  // its seven octets are read when the question is known
  for (int i = 0; i < 7; ++i)
    static_cast<void>(input.octet());
  const std::vector<Octets> replies = replies_of(input, setting);
  Flight flight(question_of(replies.front()), setting);
  resolve(flight, replies, setting, client);
  return 0;
}
