#pragma once

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <ldns/ldns.h>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/random.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/cache_options.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/question.hpp"

#include "support/message_builder.hpp"

// What the tests of the cache share: parsed replies, keys and images made from them, and what ldns, which
// shares no code with ours, reads in an image.

namespace pacedns::test {

/// A message and the view of it, which must parse.
class Reply {
 public:
  explicit Reply(const MessageBuilder& builder) : Reply(builder.wire()) {}
  explicit Reply(Octets wire) : wire_(std::move(wire)), view_(parse(wire_)) {}
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  [[nodiscard]] const Octets& wire() const { return wire_; }
  [[nodiscard]] const dns::MessageView& view() const { return view_; }

 private:
  static dns::MessageView parse(const Octets& wire) {
    const auto view = dns::MessageView::parse(wire);
    if (!view) throw std::invalid_argument("the message does not parse");
    return *view;
  }

  Octets wire_;
  dns::MessageView view_;
};

/// One secret for all keys of a test run.
[[nodiscard]] inline const cache::KeyHasher& hasher() {
  static Random random;
  static const cache::KeyHasher one(random);
  return one;
}

[[nodiscard]] inline cache::CacheKey key_for(const Octets& qname, Code type = dns::RrType::A,
                                             Code rr_class = dns::RrClass::In, bool dnssec_ok = false,
                                             bool checking_disabled = false) {
  const Octets message = MessageBuilder(qname, type, rr_class).wire();
  const auto question = dns::read_question(message);
  if (!question) throw std::invalid_argument("not a question");
  return {*question, dnssec_ok, checking_disabled, hasher()};
}

[[nodiscard]] inline cache::CacheKey key_for(std::string_view qname, Code type = dns::RrType::A,
                                             Code rr_class = dns::RrClass::In, bool dnssec_ok = false,
                                             bool checking_disabled = false) {
  return key_for(name(qname), type, rr_class, dnssec_ok, checking_disabled);
}

[[nodiscard]] inline cache::ResponseImage image_of(const Reply& reply, const cache::TtlLimits& limits = {}) {
  const cache::CacheKey key(reply.view().question(), false, false, hasher());
  return cache::make_image(reply.view(), key.question(), limits);
}

[[nodiscard]] inline cache::ResponseImage image_of(const MessageBuilder& builder,
                                                   const cache::TtlLimits& limits = {}) {
  return image_of(Reply(builder), limits);
}

/// A message as ldns reads it.
class LdnsMessage {
 public:
  explicit LdnsMessage(Bytes wire) {
    ldns_pkt* parsed = nullptr;
    const auto status = ldns_wire2pkt(&parsed, wire.data(), wire.size());
    message_.reset(parsed);
    if (status != LDNS_STATUS_OK) throw std::invalid_argument(ldns_get_errorstr_by_id(status));
  }

  /// The RRs of a section as presentation text, fields apart by single spaces.
  [[nodiscard]] std::vector<std::string> answer() const { return texts(ldns_pkt_answer(message_.get())); }
  [[nodiscard]] std::vector<std::string> authority() const {
    return texts(ldns_pkt_authority(message_.get()));
  }
  [[nodiscard]] std::vector<std::string> additional() const {
    return texts(ldns_pkt_additional(message_.get()));
  }
  [[nodiscard]] std::vector<std::string> question() const { return texts(ldns_pkt_question(message_.get())); }

  /// Those of all sections, in their order.
  [[nodiscard]] std::vector<std::uint32_t> ttls() const {
    std::vector<std::uint32_t> result;
    for (const ldns_rr_list* section : {ldns_pkt_answer(message_.get()), ldns_pkt_authority(message_.get()),
                                        ldns_pkt_additional(message_.get())}) {
      for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
        result.push_back(ldns_rr_ttl(ldns_rr_list_rr(section, i)));
      }
    }
    return result;
  }

  [[nodiscard]] bool has_edns() const { return ldns_pkt_edns(message_.get()); }
  [[nodiscard]] bool ad() const { return ldns_pkt_ad(message_.get()); }
  [[nodiscard]] bool tc() const { return ldns_pkt_tc(message_.get()); }
  [[nodiscard]] unsigned rcode() const { return static_cast<unsigned>(ldns_pkt_get_rcode(message_.get())); }

 private:
  struct Free {
    void operator()(ldns_pkt* message) const { ldns_pkt_free(message); }
    void operator()(char* text) const { std::free(text); }  // NOLINT: ldns allocates with malloc
  };

  static std::vector<std::string> texts(const ldns_rr_list* section) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
      const std::unique_ptr<char, Free> raw(ldns_rr2str(ldns_rr_list_rr(section, i)));
      std::string text(raw.get());
      while (!text.empty() && (text.back() == '\n' || text.back() == '\t'))
        text.pop_back();
      for (char& sign : text) {
        if (sign == '\t') sign = ' ';
      }
      result.push_back(text);
    }
    return result;
  }

  std::unique_ptr<ldns_pkt, Free> message_;
};

}  // namespace pacedns::test
