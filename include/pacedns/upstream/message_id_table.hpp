#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/random.hpp"
#include "pacedns/dns/letter_case.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/upstream/transport.hpp"

namespace pacedns::upstream {

/// The queries outstanding on one socket or connection, by message ID. There are few of them, so they are
/// searched one by one.
class MessageIdTable {
 public:
  /// So many messages with the question of an exchange and a wrong ID are no accident.
  static constexpr std::uint16_t kMaxNearMisses = 16;

  /// Takes a random ID that is free here, and writes it into `copy`, the octets of `query` as they will
  /// leave, and a random letter case if that is wanted. The table holds less than 65,536 entries.
  [[nodiscard]] std::uint16_t add(const ExchangeKey& key, Bytes query, Spelling spelling, Random& random,
                                  MutableBytes copy);

  /// Nothing if it is not there.
  std::optional<ExchangeKey> remove(std::uint16_t id);

  /// The exchange that `reply` answers, which is over by that: a response (QR) to a standard query with a
  /// known ID and our whole question (RFC 5452 §4.2), in the letter case that we chose. Nothing if it answers
  /// none. `view` is filled then.
  ///
  /// Old servers answer FORMERR with nothing but a header to a query with OPT; that is taken for a reply
  /// with our question, since all it can do is to make us ask again.
  [[nodiscard]] std::optional<ExchangeKey> match(Bytes reply, std::optional<dns::MessageView>& view);

  /// What a message that `match` has refused says about one of the exchanges, if anything.
  [[nodiscard]] std::optional<Suspicion> suspect(Bytes message);

  /// Takes any one out whose ID is not among `spared`; nothing if there is none.
  [[nodiscard]] std::optional<ExchangeKey> take_one(std::span<const std::uint16_t> spared = {});

  /// Empties the table and returns what was in it.
  [[nodiscard]] std::vector<ExchangeKey> take_all();

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::uint16_t id;
    ExchangeKey key;
    Bytes question;
    Spelling spelling;
    dns::LetterCase letter_case;
    std::uint16_t near_misses;
  };

  [[nodiscard]] std::vector<Entry>::iterator find(std::uint16_t id);
  [[nodiscard]] Bytes with_question(Bytes bare_reply, Bytes question);

  std::vector<Entry> entries_;
  std::vector<std::uint8_t> rebuilt_;
};

}  // namespace pacedns::upstream
