#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/image_view.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/query.hpp"

#include "support/message_builder.hpp"

// The two ends of the response builder: a client's query, an image to answer it with, and the reply taken
// apart. A reply that our own reader or ldns does not take is an exception.

namespace pacedns::test {

/// A query that has been read, and the octets it refers to.
struct Client {
  explicit Client(const MessageBuilder& message) : wire(message.wire()), verdict(read_query(wire, query)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const Octets wire;
  dns::Query query;
  dns::QueryVerdict verdict;
};

/// An image, and the octets it refers to: all of `message`, which is a well-formed response without OPT.
class Image {
 public:
  explicit Image(const MessageBuilder& message, dns::ExtendedError error = dns::ExtendedError::None)
      : wire_(message.wire()), error_(error) {
    auto records = dns::MessageView::parse(wire_).value().records();
    while (const auto rr = records.next())
      ttl_offsets_.push_back(static_cast<std::uint16_t>(rr->ttl_offset));
  }

  /// The shorter form: the first `answers` RRs of the answer section.
  Image& winner(std::uint16_t answers) {
    auto records = dns::MessageView::parse(wire_).value().records();
    for (int i = 0; i < answers; ++i)
      (void)records.next().value();
    short_size_ = static_cast<std::uint16_t>(records.offset());
    short_answers_ = answers;
    return *this;
  }

  /// The shorter form: everything but the additional section.
  Image& without_additional() {
    const auto view = dns::MessageView::parse(wire_).value();
    auto records = view.records();
    for (int i = 0; i < view.header().answer_count + view.header().authority_count; ++i)
      (void)records.next().value();
    short_size_ = static_cast<std::uint16_t>(records.offset());
    short_answers_ = view.header().answer_count;
    return *this;
  }

  [[nodiscard]] const Octets& wire() const { return wire_; }
  [[nodiscard]] dns::ImageView view() const {
    return {wire_, ttl_offsets_, short_size_, short_answers_, error_};
  }

 private:
  Octets wire_;
  std::vector<std::uint16_t> ttl_offsets_;
  std::uint16_t short_size_ = 0;
  std::uint16_t short_answers_ = 0;
  dns::ExtendedError error_;
};

/// An RR of a reply, decompressed owner and all.
struct ReplyRecord {
  dns::Section section;
  Octets owner;
  std::uint16_t type;
  std::uint16_t rr_class;
  std::uint32_t ttl;
  Octets rdata;
};

class Reply {
 public:
  explicit Reply(Octets wire) : wire_(std::move(wire)), view_(parse(wire_)) {}
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  [[nodiscard]] std::size_t size() const { return wire_.size(); }
  [[nodiscard]] const dns::Header& header() const { return view_.header(); }
  [[nodiscard]] dns::Rcode rcode() const { return view_.rcode(); }
  [[nodiscard]] Octets qname() const { return copy(view_.question().name()); }
  [[nodiscard]] std::uint16_t qtype() const { return view_.question().type; }

  [[nodiscard]] std::optional<dns::Edns> edns() const {
    if (!view_.opt()) return std::nullopt;
    return dns::Edns::read(*view_.opt());
  }

  /// The RDATA of OPT; empty without one.
  [[nodiscard]] Octets options() const { return view_.opt() ? copy(view_.opt()->rdata) : Octets{}; }

  /// All RRs, OPT included.
  [[nodiscard]] std::vector<ReplyRecord> records() const {
    std::vector<ReplyRecord> result;
    auto records = view_.records();
    while (const auto rr = records.next()) {
      const auto owner = dns::Name::read(wire_, rr->owner_offset).value();
      result.push_back({rr->section, copy(owner.wire()), rr->type, rr->rr_class, rr->ttl, copy(rr->rdata)});
    }
    return result;
  }

 private:
  static Octets copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

  static dns::MessageView parse(const Octets& wire) {
    ldns_pkt* packet = nullptr;
    const auto status = ldns_wire2pkt(&packet, wire.data(), wire.size());
    if (status != LDNS_STATUS_OK) throw std::runtime_error(ldns_get_errorstr_by_id(status));
    ldns_pkt_free(packet);
    const auto view = dns::MessageView::parse(wire);
    if (!view) throw std::runtime_error("MessageView does not parse the reply");
    if (view->wire().size() != wire.size())
      throw std::runtime_error("octets behind the last RR of the reply");
    return *view;
  }

  const Octets wire_;
  const dns::MessageView view_;
};

}  // namespace pacedns::test
